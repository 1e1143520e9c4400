import DevelopmentServer
import Testing
import UploadStore

@testable import Uploads

/// When a server says that it removes an upload.
@Suite(.timeLimit(.minutes(5))) struct UploadExpiresTests {
    private static let past = ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z")
    private static let future = ("Sunday, 06-Nov-67 08:49:37 GMT", "2067-11-06T08:49:37.000Z")

    /// A date that is over gives up nothing: what was sent is not sent again, and the upload completes.
    @Test func aDateThatIsOverGivesUpNoURL() async throws {
        let faults = [
            Fault(.step(.create), .setHeader("Upload-Expires", Self.past.0)),
            Fault(.step(.transfer), .cut(afterBytes: 1000)),
            Fault(.step(.offset), .setHeader("Upload-Expires", Self.past.0)),
            Fault(.step(.transfer, occurrence: 2), .status(428)),
        ]
        try await Scene.run(faults: faults) { scene in
            let upload = try await scene.queue.add(.file(try scene.folder.write("a", bytes: 5000)), to: "server")
            try await scene.drain()
            let waiting = try await scene.upload(upload.id)
            #expect(waiting.status == .paused && waiting.expiresAt == Self.past.1 && waiting.offset == 1000)
            try await scene.queue.resume(upload.id)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(scene.requests(.create).count == 1)
            #expect(scene.requests(.transfer).map(\.bytesStored).reduce(0, +) == 5000)
        }
    }

    @Test(arguments: [RequestStep.offset, .transfer]) func theLastAnswerCounts(step: RequestStep) async throws {
        let faults = [
            Fault(.step(.create), .setHeader("Upload-Expires", Self.past.0)),
            Fault(.step(.transfer), step == .offset ? .status(409) : .setHeader("Upload-Expires", Self.future.0)),
            Fault(.step(.offset), .setHeader("Upload-Expires", Self.future.0)),
            Fault(.step(.transfer, occurrence: 2), .status(428)),
        ]
        try await Scene.run(faults: faults, chunkSize: 2000) { scene in
            let upload = try await scene.queue.add(.file(try scene.folder.write("a", bytes: 5000)), to: "server")
            try await scene.drain()
            let waiting = try await scene.upload(upload.id)
            #expect(waiting.status == .paused && waiting.expiresAt == Self.future.1)
        }
    }

    /// The end of a grant is another thing, and what a server says of its upload does not replace it.
    @Test func aGrantKeepsItsOwnEnd() async throws {
        let faults = [
            Fault(.step(.create), .setHeader("Upload-Expires", Self.past.0)),
            Fault(.step(.transfer), .status(413), times: 9),
        ]
        try await Scene.run(faults: faults) { scene in
            let (upload, grant) = try await scene.addGranted(bytes: 1000)
            try await scene.drain()
            let failed = try await scene.upload(upload.id)
            #expect(failed.status == .failed && failed.expiresAt != nil)
            #expect(failed.expiresAt == grant.expiresAt.map(Timestamp.text))
        }
    }
}
