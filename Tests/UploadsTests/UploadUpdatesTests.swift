import DevelopmentServer
import Foundation
import Testing
import Uploads

@Suite struct UploadUpdatesTests {
    /// Another program's view of the same file sees every stage, and the sequence ends with the upload.
    @Test func anotherQueueSeesEachStage() async throws {
        let slow = [
            Fault(.step(.create), .delay(.seconds(1))), Fault(.step(.transfer), .delay(.seconds(1))),
            Fault(.step(.finalize), .delay(.seconds(1))),
        ]
        try await Scene.run(faults: slow) { scene in
            let other = try await UploadQueue.open(scene.queue.path)
            let (upload, _) = try await scene.addGranted()
            var seen: [Upload] = []
            var work: Task<Void, any Error>?
            for try await update in other.updates(of: upload.id) {
                seen.append(update)
                // Only now, so that the first stage is seen too.
                if work == nil { work = Task { try await scene.processor(stallTimeout: .seconds(600)).run() } }
            }
            try await work?.value
            #expect(seen.first?.status == .pending)
            #expect(seen.last?.status == .completed)
            let phases: [Upload.Phase] = seen.map(\.phase).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
            #expect(phases == [.create, .transfer, .finalize, .done])
            #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 != $1 })
        }
    }

    @Test func aFinishedUploadIsToldOnce() async throws {
        try await Scene.run { scene in
            let upload = try await scene.add()
            try await scene.queue.cancel(upload.id)
            var updates = scene.queue.updates(of: upload.id).makeAsyncIterator()
            #expect(try await updates.next()?.status == .cancelled)
            #expect(try await updates.next() == nil)
        }
    }

    @Test func anUnknownUploadIsNotFound() async throws {
        try await Scene.run { scene in
            var updates = scene.queue.updates(of: 99).makeAsyncIterator()
            let error = await #expect(throws: UploadQueueError.self) { try await updates.next() }
            #expect(error?.code == .notFound)
            let waiting = await #expect(throws: UploadQueueError.self) { try await scene.queue.waitUntilFinished(99) }
            #expect(waiting?.code == .notFound)
        }
    }

    @Test func aCancelledReaderEnds() async throws {
        try await Scene.run { scene in
            let upload = try await scene.add()
            let (seen, see) = AsyncStream.makeStream(of: Void.self)
            let reading = Task {
                for try await _ in scene.queue.updates(of: upload.id) { see.finish() }
            }
            for await _ in seen {}
            reading.cancel()
            await #expect(throws: CancellationError.self) { try await reading.value }
            let one = Task { try await scene.queue.waitUntilFinished(upload.id) }
            let all = Task { try await scene.queue.waitUntilFinished() }
            one.cancel()
            all.cancel()
            await #expect(throws: CancellationError.self) { try await one.value }
            await #expect(throws: CancellationError.self) { try await all.value }
        }
    }

    @Test func waitingEndsWithTheUploads() async throws {
        try await Scene.run { scene in
            let first = try await scene.add("first.bin")
            let paused = try await scene.add("paused.bin")
            try await scene.queue.pause(paused.id)
            // Another program's queue on the same file waits.
            let other = try await UploadQueue.open(scene.queue.path)
            async let one = other.waitUntilFinished(first.id)
            async let all: Void = other.waitUntilFinished()
            try await scene.drain()
            #expect(try await one.status == .completed)
            try await all
            #expect(try await other.upload(paused.id)?.status == .paused)
        }
    }

    @Test func waitingForAnEmptyQueueReturns() async throws {
        try await Scene.run { scene in
            try await scene.queue.waitUntilFinished()
            #expect(try await scene.queue.uploads().isEmpty)
        }
    }
}
