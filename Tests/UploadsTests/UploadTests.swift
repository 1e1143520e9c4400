import Foundation
import Testing
import UploadStore

@testable import Uploads

@Suite struct UploadTests {
    @Test func knowsEveryStatusAndPhaseOfTheStore() {
        #expect(Upload.Status.allCases.map(\.rawValue) == Status.allCases.map(\.rawValue))
        #expect(Upload.Phase.allCases.map(\.rawValue) == Phase.allCases.map(\.rawValue))
    }

    @Test func threeStatusesAreFinished() {
        #expect(Upload.Status.allCases.filter(\.isFinished) == [.completed, .failed, .cancelled])
    }

    @Test func tellsWhatWasAdded() async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("file.bin", bytes: 12)
            let upload = try await scene.queue.add(
                .file(path),
                to: "server",
                metadata: ["a": "b"],
                filename: "name.txt",
                contentType: "text/x-own",
                options: .init(notBefore: Date(timeIntervalSince1970: 1_800_000_000.25))
            )
            #expect(upload.status == .pending && upload.phase == .create)
            #expect(upload.sourcePath == path && upload.destination == "server")
            #expect(upload.filename == "name.txt" && upload.contentType == "text/x-own")
            #expect(upload.offset == 0 && upload.length == 12 && upload.attempt == 0)
            #expect(upload.notBefore == "2027-01-15T08:00:00.250Z")
            #expect(upload.uploadURL == nil && upload.failure == nil && upload.finishedAt == nil)
            #expect(upload.createdAt.hasSuffix("Z"))
        }
    }

    struct Wrong: Sendable {
        var code: String
        var metadata: [String: String] = [:]
        var filename: String?
        var contentType: String?
        var destination = "server"
    }

    @Test(arguments: [
        Wrong(code: "not_found", destination: "nowhere"), Wrong(code: "not_found", destination: ""),
        Wrong(code: "invalid_metadata", metadata: ["a b": "c"]), Wrong(code: "invalid_metadata", metadata: ["": "c"]),
        Wrong(code: "invalid_metadata", metadata: ["a": String(repeating: "x", count: 40_000)]),
        Wrong(code: "invalid_metadata", filename: ""),
        Wrong(code: "invalid_metadata", filename: String(repeating: "x", count: 1025)),
        Wrong(code: "invalid_metadata", contentType: ""), Wrong(code: "invalid_metadata", contentType: "a\r\nb"),
        Wrong(code: "invalid_metadata", contentType: String(repeating: "x", count: 256)),
    ]) func whatCannotBeSentIsNotAdded(_ wrong: Wrong) async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("file.bin", bytes: 12)
            let error = await #expect(throws: UploadQueueError.self) {
                try await scene.queue.add(
                    .file(path),
                    to: wrong.destination,
                    metadata: wrong.metadata,
                    filename: wrong.filename,
                    contentType: wrong.contentType
                )
            }
            #expect(error?.code.rawValue == wrong.code)
            #expect(try await scene.queue.uploads().isEmpty)
        }
    }
}
