import DevelopmentServer
import Foundation
import Testing
import UploadStore
import Uploads

/// pause, resume, cancel and retry while a worker holds the upload.
@Suite struct UploadRunRequestsTests {
    /// Three hundred slow requests: half a minute in which to ask.
    private static let slow = Fault(.step(.transfer), .delay(.milliseconds(100)), times: 100_000)
    private static let bytes = 3_000_000

    @Test func pauseIsHonouredAfterTheRequestInFlight() async throws {
        try await Scene.run(faults: [Self.slow], chunkSize: 10_000) { scene in
            let upload = try await scene.add(bytes: Self.bytes)
            try await scene.whileWorking(scene.processor(drain: false)) {
                try await scene.wait(for: upload.id) { $0.offset > 0 }
                try await scene.queue.pause(upload.id)
                await #expect(throws: UploadQueueError.self) { try await scene.queue.retry(upload.id) }
                let paused = try await scene.wait(for: upload.id) { $0.status == .paused }
                #expect(paused.phase == .transfer)
                #expect(paused.offset < Self.bytes)
                #expect(paused.offset == scene.requests(.transfer).last?.offsetAfter)
                #expect(paused.requested == nil && paused.pauseReason == nil)
                scene.server.removeFaults()
                try await scene.queue.resume(upload.id)
                try await scene.queue.waitUntilFinished(upload.id)
            }
            #expect(try scene.stored(try await scene.upload(upload.id)) == TestFolder.bytes(Self.bytes))
            #expect(scene.requests(.transfer).map(\.bytesStored).reduce(0, +) == Int64(Self.bytes))
            #expect(scene.requests(.transfer).allSatisfy { !$0.cut })
        }
    }

    @Test func cancelDeletesWhatTheServerHas() async throws {
        try await Scene.run(faults: [Self.slow], chunkSize: 10_000) { scene in
            let upload = try await scene.add(bytes: Self.bytes)
            try await scene.whileWorking(scene.processor(drain: false)) {
                try await scene.wait(for: upload.id) { $0.offset > 0 }
                try await scene.queue.cancel(upload.id)
                let error = await #expect(throws: UploadQueueError.self) { try await scene.queue.pause(upload.id) }
                #expect(error?.code == .refused)
                try await scene.queue.waitUntilFinished(upload.id)
            }
            #expect(Ending(try await scene.upload(upload.id)) == .cancelled(note: nil))
            #expect(scene.requests(.delete).map(\.status) == [204])
        }
    }

    @Test func resumeTakesAPauseBack() async throws {
        try await Scene.run(faults: [Self.slow], chunkSize: 10_000) { scene in
            let upload = try await scene.add(bytes: Self.bytes)
            try await scene.whileWorking(scene.processor(drain: false)) {
                try await scene.wait(for: upload.id) { $0.offset > 0 }
                try await scene.queue.pause(upload.id)
                try await scene.queue.resume(upload.id)
                scene.server.removeFaults()
                try await scene.queue.waitUntilFinished(upload.id)
            }
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }

    /// The answer in hand creates the upload: it must be deleted, although it was not known when cancel was asked for.
    @Test func cancelWhileItIsCreatedDeletesIt() async throws {
        try await Scene.run(faults: [Fault(.step(.create), .delay(.seconds(2)))]) { scene in
            let upload = try await scene.add()
            try await scene.whileWorking(scene.processor(drain: false, stallTimeout: .seconds(600))) {
                try await scene.wait(for: upload.id) { $0.status == .processing }
                try await scene.queue.cancel(upload.id)
                try await scene.queue.waitUntilFinished(upload.id)
            }
            #expect(Ending(try await scene.upload(upload.id)) == .cancelled(note: nil))
            #expect(scene.requests(.create).count == 1)
            #expect(scene.requests(.delete).map(\.status) == [204])
            #expect(scene.requests(.transfer).isEmpty)
        }
    }

    struct Stalled: Sendable {
        var step: RequestStep
        var phase: Upload.Phase
        var deletes: Int
    }

    static let stalled = [
        Stalled(step: .create, phase: .create, deletes: 0),
        Stalled(step: .transfer, phase: .transfer, deletes: 1),
    ]

    /// A request that gets no answer is tried again, but not when a person asked for something else.
    @Test(arguments: stalled) func pauseIsHonouredWhenNoAnswerCame(_ stalled: Stalled) async throws {
        let fault = Fault(.step(stalled.step), .stall(afterBytes: 0), times: 1000)
        try await Scene.run(faults: [fault]) { scene in
            let upload = try await scene.add()
            // With back-offs of an hour the pause cannot be honoured by another try.
            let processor = scene.processor(
                drain: false,
                retry: .init(delays: [.seconds(3600)]),
                stallTimeout: .seconds(5)
            )
            try await scene.whileWorking(processor) {
                try await scene.wait(for: upload.id) { $0.status == .processing && $0.phase == stalled.phase }
                try await scene.queue.pause(upload.id)
                let paused = try await scene.wait(for: upload.id) { $0.status == .paused }
                #expect(paused.requested == nil)
            }
        }
    }

    @Test(arguments: stalled) func cancelIsHonouredWhenNoAnswerCame(_ stalled: Stalled) async throws {
        let fault = Fault(.step(stalled.step), .stall(afterBytes: 0), times: 1000)
        try await Scene.run(faults: [fault]) { scene in
            let upload = try await scene.add()
            let processor = scene.processor(
                drain: false,
                // Of an hour for the request that the cancel interrupts; the server may refuse the deletion for as long
                // as it has not noticed the end of that request.
                retry: .init(delays: [.seconds(3600)] + Array(repeating: .zero, count: 1000), maximumAttempts: 1001),
                stallTimeout: .seconds(5)
            )
            try await scene.whileWorking(processor) {
                try await scene.wait(for: upload.id) { $0.status == .processing && $0.phase == stalled.phase }
                try await scene.queue.cancel(upload.id)
                let done = try await scene.queue.waitUntilFinished(upload.id)
                #expect(done.status == .cancelled)
            }
            #expect(scene.requests(.delete).filter { $0.status == 204 }.count == stalled.deletes)
        }
    }

    /// `requested` is set in the very transaction that lets the PATCH go out, and the PATCH ends the claim.
    @Test(arguments: [401, 415, 429]) func cancelIsHonouredWhenTheAnswerEndsTheClaim(status: Int) async throws {
        let fault = Fault(.step(.transfer), .status(status, headers: ["Retry-After": "600"]))
        try await Scene.run(faults: [fault]) { scene in
            let upload = try await scene.add()
            try await scene.requestWhenSending("cancel")
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(scene.requests(.transfer).map(\.status) == [status])
            if status == 429 {
                // The server asked everyone to wait; the deletion waits too.
                #expect(done.status == .pending && done.requested == "cancel")
            } else {
                #expect(done.status == .cancelled)
                #expect(scene.requests(.delete).map(\.status) == [204])
            }
        }
    }

    @Test func cancelIsHonouredWhenTheSourceChanged() async throws {
        let file = WatchedFile()
        let change = file.atTransfer { try Data("another".utf8).write(to: URL(filePath: $0)) }
        try await Scene.run(onRequest: change) { scene in
            let upload = try await scene.add()
            file.set(upload.sourcePath)
            try await scene.requestWhenSending("cancel")
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .cancelled)
            #expect(scene.requests(.delete).count == 1)
        }
    }

    @Test func cancelByHandIsHonoured() async throws {
        try await Scene.run(faults: [Self.slow], chunkSize: 10_000) { scene in
            let upload = try await scene.add(bytes: Self.bytes)
            try await scene.whileWorking(scene.processor(drain: false)) {
                try await scene.wait(for: upload.id) { $0.offset > 0 }
                try await scene.sql("UPDATE upload SET requested = 'cancel' WHERE id = \(upload.id)")
                try await scene.queue.waitUntilFinished(upload.id)
            }
            #expect(try await scene.upload(upload.id).status == .cancelled)
            #expect(scene.requests(.delete).map(\.status) == [204])
        }
    }

    @Test func cancelWhileFinalizeIsInFlight() async throws {
        try await Scene.run(faults: [Fault(.step(.finalize), .stall(afterBytes: 0), times: 1000)]) { scene in
            let (upload, _) = try await scene.addGranted()
            try await scene.whileWorking(scene.processor(drain: false, stallTimeout: .seconds(1))) {
                try await scene.wait(for: upload.id) { $0.phase == .finalize }
                try await scene.queue.cancel(upload.id)
                try await scene.queue.waitUntilFinished(upload.id)
            }
            #expect(try await scene.upload(upload.id).status == .cancelled)
            #expect(try await scene.row(upload.id).uploadToken == nil)
            #expect(scene.requests(.delete).count == 1)
        }
    }
}

extension Scene {
    /// Has a trigger ask for something once the upload's last bytes are about to be sent.
    fileprivate func requestWhenSending(_ request: String) async throws {
        try await sql(
            """
            CREATE TRIGGER test_request AFTER INSERT ON upload_event WHEN NEW.event = 'completing'
            BEGIN UPDATE upload SET requested = '\(request)' WHERE id = NEW.upload_id AND status = 'processing'; END
            """
        )
    }
}
