import DevelopmentServer
import Foundation
import Testing
import UploadStore
import Uploads

@Suite struct UploadRunGrantTests {
    @Test func anExpiredTokenEndsAsGrantExpired() async throws {
        try await Scene.run(tokenLifetime: .seconds(-10)) { scene in
            let (upload, _) = try await scene.addGranted()
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(Ending(done) == .failed("grant_expired"))
            #expect(try #require(done.failure).message.contains("add the file again"))
            #expect(scene.requests(.create).map(\.status) == [410])
        }
    }

    @Test func aUsedTokenEndsAsGrantExpired() async throws {
        try await Scene.run { scene in
            let (first, grant) = try await scene.addGranted()
            try await scene.drain()
            #expect(try await scene.upload(first.id).status == .completed)
            let path = try scene.folder.write("again.jpg", bytes: 500)
            let second = try await scene.queue.add(.file(path), to: "wix", grant: grant)
            try await scene.drain()
            #expect(Ending(try await scene.upload(second.id)) == .failed("grant_expired"))
            #expect(scene.requests(.finalize).count == 1)
        }
    }

    @Test func anUnknownTokenEndsAsGrantExpired() async throws {
        try await Scene.run { scene in
            try await scene.queue.save(.wix())
            let grant = try Grant(uploadURL: "\(scene.server.origin)/upload/tus", uploadToken: "a.b.c")
            let path = try scene.folder.write("file.jpg", bytes: 500)
            let upload = try await scene.queue.add(.file(path), to: "wix", grant: grant)
            try await scene.drain()
            #expect(Ending(try await scene.upload(upload.id)) == .failed("grant_expired"))
        }
    }

    /// The token alone authorizes: a header that someone gave the destination is not for the host of a grant.
    @Test func headersAreNotSentToTheHostOfAGrant() async throws {
        try await Scene.run { scene in
            var destination = Destination.wix()
            destination.headers = ["Authorization": "env:KEY", "X-Site": "1"]
            try await scene.queue.save(destination)
            let (upload, _) = try await scene.addGranted()
            try await scene.drain(environment: ["KEY": "Bearer 0123456789"])
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(scene.server.requests().count >= 3)
            #expect(scene.server.requests().allSatisfy { !$0.authorization && $0.customHeaders.isEmpty })
        }
    }

    @Test func cancellingErasesTheGrant() async throws {
        try await Scene.run(faults: [Fault(.step(.transfer), .status(428))]) { scene in
            let (upload, _) = try await scene.addGranted()
            try await scene.drain()
            #expect(try await scene.row(upload.id).uploadToken != nil)
            try await scene.queue.cancel(upload.id)
            try await scene.drain()
            let row = try await scene.row(upload.id)
            #expect(row.status == .cancelled)
            #expect(row.uploadToken == nil && row.uploadURL == nil && row.endpoint == nil)
            #expect(scene.requests(.delete).map(\.status) == [204])
            await #expect(throws: UploadQueueError.self) { try await scene.queue.retry(upload.id) }
        }
    }

    @Test func aDestinationOfGrantsTakesNoUploadWithoutOne() async throws {
        try await Scene.run { scene in
            try await scene.queue.save(.wix())
            let path = try scene.folder.write("file.jpg", bytes: 500)
            let error = await #expect(throws: UploadQueueError.self) {
                try await scene.queue.add(.file(path), to: "wix")
            }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("grant") == true)
        }
    }
}
