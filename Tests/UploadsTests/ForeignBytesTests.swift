import DevelopmentServer
import Foundation
import Testing
import Uploads

/// A server that makes an upload's URL of its file's name: a new version of the file gets the URL of the old one.
@Suite(.timeLimit(.minutes(5))) struct ForeignBytesTests {
    private static let bytes = 300_000

    /// An upload with the first 100,000 bytes of an old version there, and its file rewritten.
    private static func rewritten(_ scene: Scene) async throws -> Upload {
        let upload = try await scene.add("a", bytes: bytes)
        try await scene.drain(maximumAttempts: 1)
        try scene.folder.write("a", bytes: bytes, seed: 2)
        try await scene.queue.retry(upload.id)
        try await scene.drain()
        #expect(Ending(try await scene.upload(upload.id)) == .failed("source_changed"))
        return try await scene.upload(upload.id)
    }

    @Test func twoVersionsAreNotMixed() async throws {
        try await Scene.run(faults: [Fault(.step(.transfer), .cut(afterBytes: 100_000))]) { scene in
            let upload = try await Self.rewritten(scene)
            let url = try #require(upload.uploadURL)
            scene.server.addFault(Fault(.step(.create), .setHeader("Location", url)))
            try await scene.queue.retry(upload.id)
            try await scene.drain()
            let failed = try await scene.upload(upload.id)
            #expect(Ending(failed) == .failed("foreign_bytes") && failed.uploadURL == url)
            #expect(failed.failure?.message.contains("100000") == true)
            #expect(scene.requests(.transfer).map(\.bytesStored).reduce(0, +) == 100_000)
            // The second retry gets a URL of its own.
            try await scene.queue.retry(upload.id)
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed && done.uploadURL != url)
            #expect(try scene.stored(done) == Data(contentsOf: URL(filePath: scene.folder["a"])))
        }
    }

    /// As the message says: to cancel it deletes them at the server.
    @Test func aCancelDeletesThem() async throws {
        try await Scene.run(faults: [Fault(.step(.transfer), .cut(afterBytes: 100_000))]) { scene in
            let upload = try await Self.rewritten(scene)
            let url = try #require(upload.uploadURL)
            scene.server.addFault(Fault(.step(.create), .setHeader("Location", url)))
            try await scene.queue.retry(upload.id)
            try await scene.drain()
            try await scene.queue.cancel(upload.id)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .cancelled)
            #expect(scene.requests(.delete).map(\.status) == [204])
        }
    }
}
