import DevelopmentServer
import Foundation
import Testing
import Uploads

/// pause, resume, cancel and retry at rest.
@Suite struct UploadQueueRequestsTests {
    enum Verb: String, CaseIterable, Sendable {
        case pause, resume, cancel, retry

        func callAsFunction(_ queue: UploadQueue, _ id: Upload.ID) async throws {
            switch self {
            case .pause: try await queue.pause(id)
            case .resume: try await queue.resume(id)
            case .cancel: try await queue.cancel(id)
            case .retry: try await queue.retry(id)
            }
        }
    }

    /// What each request makes of an upload that has nothing at the server; what is missing is refused.
    private static let table: [Upload.Status: [Verb: Upload.Status]] = [
        .pending: [.pause: .paused, .resume: .pending, .cancel: .cancelled],
        .paused: [.resume: .pending, .cancel: .cancelled],
        .failed: [.cancel: .cancelled, .retry: .pending],
        .cancelled: [.retry: .pending],
        .completed: [:],
    ]

    @Test func everyRequestInEveryStatus() async throws {
        try await Scene.run { scene in
            var uploads: [(Upload.Status, Verb, Upload.ID)] = []
            for status in Self.table.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
                for verb in Verb.allCases {
                    let upload = try await scene.add("\(status) \(verb).bin")
                    uploads.append((status, verb, upload.id))
                    switch status {
                    case .pending, .paused: try await scene.queue.pause(upload.id)
                    case .failed: try FileManager.default.removeItem(atPath: upload.sourcePath)
                    case .cancelled: try await scene.queue.cancel(upload.id)
                    case .completed, .processing: break
                    }
                }
            }
            try await scene.drain()
            for (status, verb, id) in uploads {
                if status == .pending { try await scene.queue.resume(id) }
                #expect(try await scene.upload(id).status == status)
                if let expected = Self.table[status]?[verb] {
                    try await verb(scene.queue, id)
                    #expect(try await scene.upload(id).status == expected, "\(verb) of \(status)")
                } else {
                    let error = await #expect(throws: UploadQueueError.self) { try await verb(scene.queue, id) }
                    #expect(error?.code == .refused, "\(verb) of \(status)")
                    #expect(try await scene.upload(id).status == status)
                }
            }
        }
    }

    @Test(arguments: Verb.allCases) func anUnknownUploadIsNotFound(verb: Verb) async throws {
        let folder = try TestFolder()
        let queue = try await UploadQueue.open(folder["queue.db"])
        let error = await #expect(throws: UploadQueueError.self) { try await verb(queue, 7) }
        #expect(error?.code == .notFound)
    }

    @Test func pausedStaysPausedForANewQueue() async throws {
        try await Scene.run { scene in
            let upload = try await scene.add()
            try await scene.queue.pause(upload.id)
            let again = try await UploadQueue.open(scene.queue.path)
            try await again.processor(options: .init(drain: true)).run()
            #expect(try await again.upload(upload.id)?.status == .paused)
            #expect(scene.server.requests().isEmpty)
            try await again.resume(upload.id)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }

    @Test func resumeOfAParkedUploadGoesOnWhereItWas() async throws {
        try await Scene.run(faults: [Fault(.step(.transfer, occurrence: 2), .status(401))], chunkSize: 1000) { scene in
            let upload = try await scene.add(bytes: 3000)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).pauseReason == "credentials")
            try await scene.queue.resume(upload.id)
            #expect(try await scene.upload(upload.id).pauseReason == nil)
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed)
            #expect(done.failure == nil)
            #expect(scene.requests(.transfer).map(\.bytesStored) == [1000, 0, 1000, 1000])
        }
    }

    @Test func retryGoesOnInThePhaseThatFailed() async throws {
        try await Scene.run(faults: [Fault(.step(.transfer, occurrence: 2), .status(415))], chunkSize: 1000) { scene in
            let upload = try await scene.add(bytes: 3000)
            try await scene.drain()
            #expect(Ending(try await scene.upload(upload.id)) == .failed("refused"))
            try await scene.queue.retry(upload.id)
            let pending = try await scene.upload(upload.id)
            #expect(pending.phase == .transfer && pending.offset == 1000 && pending.finishedAt == nil)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(scene.requests(.create).count == 1)
            #expect(scene.requests(.transfer).map(\.bytesStored).reduce(0, +) == 3000)
        }
    }

    @Test func aCancelledUploadStartsOver() async throws {
        try await Scene.run(faults: [Fault(.step(.transfer), .status(403))]) { scene in
            let upload = try await scene.add()
            try await scene.drain()
            try await scene.queue.cancel(upload.id)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .cancelled)
            try await scene.queue.retry(upload.id)
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed)
            #expect(try scene.stored(done) == TestFolder.bytes(1000))
            #expect(scene.requests(.create).count == 2)
        }
    }

    /// A deletion needs neither the file nor a header that the worker lacks; else a cancelled upload would stay.
    @Test func cancellingNeedsNeitherFileNorCredentials() async throws {
        try await Scene.run(faults: [Fault(.step(.transfer), .status(403))]) { scene in
            let upload = try await scene.add()
            try await scene.drain()
            try await scene.queue.save(
                .tus("server", endpoint: scene.server.endpoint, headers: ["Authorization": "env:KEY"])
            )
            try FileManager.default.removeItem(atPath: upload.sourcePath)
            try await scene.queue.cancel(upload.id)
            try await scene.drain()
            #expect(Ending(try await scene.upload(upload.id)) == .cancelled(note: "credentials_missing"))
        }
    }
}
