import DevelopmentServer
import Foundation
import Testing
import UploadStore

@testable import Uploads

/// A worker on the copy of a queue whose destination gives grants, none of which is in the copy.
@Suite(.serialized, .timeLimit(.minutes(10))) struct BackupRunTests {
    /// Runs a body with an upload that waits for an hour after a fault, in the copy of its queue.
    private static func run(
        _ fault: Fault,
        bytes: Int = 300_000,
        _ body: (_ copy: Scene, _ upload: Upload) async throws -> Void
    ) async throws {
        try await Scene.run(faults: [fault]) { scene in
            var destination = try Destination.wix(
                "media",
                owner: .site("S"),
                apiKey: "env:WIX_API_KEY",
                options: .init(waitsUntilReady: true),
                api: scene.server.origin
            )
            let json = try #require(destination.configuration?.json)
            destination.configuration = try DestinationConfiguration(
                json: json.replacing(#""wait":true"#, with: #""wait":true,"interval":3600,"polls":4"#)
            )
            try await scene.queue.save(destination)
            let source = UploadSource.file(try scene.folder.write("f.jpg", bytes: bytes))
            let upload = try await scene.queue.add(source, to: "media")
            try await Self.drain(scene)
            #expect(try await scene.row(upload.id).uploadToken != nil)
            let backup = try await scene.queue.backUp(to: scene.folder["copy.db"])
            #expect(backup.uploads == 1 && backup.grantsLeftOut == 1)
            let copy = Scene(
                folder: scene.folder,
                queue: try await UploadQueue.open(backup.path),
                server: scene.server
            )
            try await body(copy, copy.upload(upload.id))
        }
    }

    private static func drain(_ scene: Scene) async throws {
        try await scene.processor(
            retry: RetryPolicy(delays: [.seconds(3600)]),
            surroundings: .init(environment: { $0 == "WIX_API_KEY" ? "key" : nil })
        ).run()
    }

    @Test func anUploadInTheMiddleStartsOverWithAnotherGrant() async throws {
        // More than one request, so that the last bytes were not sent.
        try await Self.run(Fault(.step(.transfer), .status(500)), bytes: 9 << 20) { copy, upload in
            #expect(upload.status == .pending && upload.phase == .mint && upload.failure?.code == "grant_not_copied")
            try await Self.drain(copy)
            let done = try await copy.upload(upload.id)
            #expect(done.status == .completed && done.failure == nil, "\(String(describing: done.failure))")
            #expect(copy.requests(.mint).count == 2)
            #expect(copy.requests(.finalize).filter(\.finalized).count == 1)
        }
    }

    @Test func aFinalizeInDoubtIsForAPerson() async throws {
        try await Self.run(Fault(.step(.finalize), .status(503, headers: ["Retry-After": "3600"]))) { copy, upload in
            #expect(upload.status == .failed && upload.phase == .confirm && upload.failure?.code == "grant_not_copied")
            try await Self.drain(copy)
            #expect(try await copy.upload(upload.id) == upload)
            #expect(copy.requests(.mint).count == 1)
            try await copy.queue.retry(upload.id)
            try await Self.drain(copy)
            #expect(try await copy.upload(upload.id).status == .completed)
            #expect(copy.requests(.mint).count == 2)
        }
    }

    @Test func aFileThatIsWaitedForIsAskedForWithoutTheGrant() async throws {
        let file = #"{"file":{"id":"1","operationStatus":"PENDING"}}"#
        try await Self.run(Fault(.step(.confirm), .status(200, body: file))) { copy, upload in
            #expect(upload.status == .pending && upload.phase == .confirm)
            try await copy.sql("UPDATE upload SET retry_at = NULL")
            try await Self.drain(copy)
            let done = try await copy.upload(upload.id)
            #expect(done.status == .completed && done.failure == nil, "\(String(describing: done.failure))")
            #expect(copy.requests(.confirm).count == 2)
            #expect(copy.requests(.mint).count == 1)
        }
    }
}
