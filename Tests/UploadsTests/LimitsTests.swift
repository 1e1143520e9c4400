import DevelopmentServer
import Foundation
import Synchronization
import Testing

@testable import Uploads

/// Limits, pauses and deadlines as a processor keeps them.
@Suite(.serialized) struct LimitsTests {
    @Test func aBatchThatIsPausedIsGivenBackAfterTheAnswerInHand() async throws {
        // Every answer to a PATCH is late enough for the pause to come before it.
        let fault = Fault(.step(.transfer), .delay(.milliseconds(300)), times: 1000)
        try await Scene.run(faults: [fault], chunkSize: 100_000) { scene in
            let path = try scene.folder.write("large.bin", bytes: 1_000_000)
            let upload = try await scene.queue.add(.file(path), to: "server", options: .init(batch: "b"))
            try await scene.whileWorking(scene.processor(drain: false)) {
                try await scene.wait(for: upload.id) { $0.offset > 0 }
                try await scene.queue.pause(.batch("b"))
                let held = try await scene.wait(for: upload.id) { $0.status == .pending }
                #expect(held.offset > 0 && held.offset < 1_000_000)
                #expect(try await scene.story(upload.id).last == "released")
                try await scene.queue.resume(.batch("b"))
                try await scene.queue.waitUntilFinished(upload.id)
            }
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed)
            #expect(try scene.stored(done) == TestFolder.bytes(1_000_000))
            let sent = scene.requests(.transfer).reduce(0) { $0 + $1.bytesStored }
            #expect(sent == 1_000_000, "no byte is sent twice")
        }
    }

    @Test(arguments: [UploadScope.queue, .destination("server"), .batch("b")])
    func aDrainedRunLeavesWhatIsPausedAsAWhole(scope: UploadScope) async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("a.bin", bytes: 10)
            let upload = try await scene.queue.add(.file(path), to: "server", options: .init(batch: "b"))
            try await scene.queue.pause(scope)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .pending)
            #expect(scene.server.requests().isEmpty)
            try await scene.queue.resume(scope)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }

    @Test func noMoreAreInHandThanTheLimitSays() async throws {
        try await Scene.run { scene in
            for number in 0..<12 { try await scene.add("\(number).bin") }
            try await scene.queue.limit(.init(concurrency: 2), destination: "server")
            let counts = Mutex(Set<Int>())
            try await scene.whileWorking(scene.processor(concurrency: 8, drain: false)) {
                for try await _ in scene.queue.newEvents(after: 0) {
                    let inHand = try await scene.queue.summary().first { $0.status == .processing }?.uploads ?? 0
                    counts.withLock { _ = $0.insert(inHand) }
                    if try await scene.queue.summary().map(\.status) == [.completed] { break }
                }
            }
            #expect(counts.withLock { $0.max() ?? 0 } <= 2)
            #expect(try await scene.queue.summary().first?.uploads == 12)
        }
    }

    /// A server that asks everyone to wait is not met by everyone at once afterwards.
    @Test func oneUploadGoesFirstAfterAServerAskedToWait() async throws {
        let clock = TestClock()
        let fault = Fault(.step(.create), .status(503, headers: ["Retry-After": "30"]), times: 2)
        try await Scene.run(faults: [fault]) { scene in
            for number in 0..<6 { try await scene.add("\(number).bin") }
            let processor = scene.processor(concurrency: 1, drain: false, surroundings: clock.surroundings)
            try await scene.whileWorking(processor) {
                try await scene.wait(for: 1) { $0.attempt == 1 && $0.status == .pending }
                #expect(scene.requests(.create).count == 1)
                clock.advance(31)
                try await scene.wait(for: 1) { $0.attempt == 2 && $0.status == .pending }
                #expect(scene.requests(.create).count == 2)
                clock.advance(31)
                try await scene.queue.waitUntilFinished()
            }
            // 503, one that goes first and meets 503 too, one that goes first, and then the five others.
            #expect(scene.requests(.create).count == 8)
            #expect(try await scene.queue.summary().first?.uploads == 6)
        }
    }

    @Test func triesEndWhereTheUploadOrItsDestinationSays() async throws {
        let fault = Fault(.step(.create), .status(500), times: 1000)
        try await Scene.run(faults: [fault]) { scene in
            var destination = try #require(try await scene.queue.destination("server"))
            destination.maximumAttempts = 3
            try await scene.queue.save(destination)
            let path = try scene.folder.write("a.bin", bytes: 10)
            let usual = try await scene.queue.add(.file(path), to: "server")
            let impatient = try await scene.queue.add(.file(path), to: "server", options: .init(maximumAttempts: 1))
            try await scene.drain()
            #expect(try await scene.upload(usual.id).failure?.code == "too_many_attempts")
            #expect(try await scene.upload(impatient.id).failure?.code == "too_many_attempts")
            #expect(scene.requests(.create).count == 4)
        }
    }

    @Test func aRateIsKeptByAllUploadsTogether() async throws {
        try await Scene.run { scene in
            for number in 0..<4 { try await scene.add("\(number).bin", bytes: 100_000) }
            try await scene.queue.limit(.init(bytesPerSecond: 200_000))
            let start = ContinuousClock.now
            try await scene.drain()
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            // 400,000 bytes at 200,000 a second; the first pieces go out at once.
            #expect(seconds > 1)
            #expect(try await scene.queue.summary().first?.uploads == 4)
        }
    }
}
