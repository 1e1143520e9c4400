import DevelopmentServer
import Foundation
import Testing
import UploadStore
import Uploads

/// When an upload is worked, by a clock that only the test moves.
@Suite struct WorkShiftTests {
    struct Wait: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var status: Int
        var header: String
        /// Seconds until the next try.
        var seconds: TimeInterval
    }

    static let waits = [
        Wait(testDescription: "seconds", status: 503, header: "120", seconds: 120),
        Wait(testDescription: "date", status: 503, header: "Fri, 15 Jan 2027 08:01:30 GMT", seconds: 90),
        Wait(testDescription: "429", status: 429, header: "7", seconds: 7),
        Wait(testDescription: "500", status: 500, header: "7", seconds: 7),
        Wait(testDescription: "past", status: 503, header: "Fri, 15 Jan 2027 07:58:30 GMT", seconds: 3),
        Wait(testDescription: "shorter", status: 503, header: "1", seconds: 3),
        Wait(testDescription: "far", status: 503, header: "999999999", seconds: 3600),
        Wait(testDescription: "nonsense", status: 503, header: "soon", seconds: 3),
    ]

    @Test(arguments: waits) func retryAfterIsHonoured(_ wait: Wait) async throws {
        let clock = TestClock()
        let fault = Fault(.step(.create), .status(wait.status, headers: ["Retry-After": wait.header]))
        try await Scene.run(faults: [fault]) { scene in
            let upload = try await scene.add()
            let retry = RetryPolicy(delays: [.seconds(3)])
            try await scene.whileWorking(
                scene.processor(drain: false, retry: retry, surroundings: clock.surroundings)
            ) {
                let waiting = try await scene.wait(for: upload.id) { $0.attempt == 1 && $0.status == .pending }
                #expect(waiting.retryAt == Timestamp.text(clock.now.addingTimeInterval(wait.seconds)))
                clock.advance(wait.seconds - 0.001)
                // Work that is due shows that the processor looked, and left this one.
                try await scene.showsALook()
                #expect(scene.requests(.create).filter { $0.path == "/files/" }.count == 1)
                clock.advance(0.001)
                try await scene.queue.waitUntilFinished(upload.id)
            }
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }

    /// A server that asks to wait is left alone by every upload of its destination, and only by those.
    @Test(arguments: [429, 503]) func oneAnswerPausesTheDestination(status: Int) async throws {
        let clock = TestClock()
        let fault = Fault(.step(.create), .status(status, headers: ["Retry-After": "120"]))
        try await Scene.run(faults: [fault]) { scene in
            try await scene.queue.save(.tus("other", endpoint: scene.server.endpoint))
            for number in 0..<3 { try await scene.add("\(number).bin") }
            let path = try scene.folder.write("other.bin", bytes: 10)
            let other = try await scene.queue.add(.file(path), to: "other")
            try await scene.processor(concurrency: 1, surroundings: clock.surroundings).run()
            #expect(try await scene.upload(other.id).status == .completed)
            let waiting = try await scene.queue.uploads(matching: .init(destination: "server"))
            #expect(waiting.map(\.status) == [.pending, .pending, .pending])
            #expect(waiting.map(\.attempt) == [1, 0, 0])
            #expect(scene.requests(.create).count == 2)
            clock.advance(120)
            try await scene.processor(concurrency: 1, surroundings: clock.surroundings).run()
            #expect(try await scene.queue.summary().map(\.status) == [.completed])
        }
    }

    /// Only the answers that concern everyone pause everyone.
    @Test func anotherFailureHoldsBackNobodyElse() async throws {
        let clock = TestClock()
        let fault = Fault(.step(.create), .status(500, headers: ["Retry-After": "120"]))
        try await Scene.run(faults: [fault]) { scene in
            for number in 0..<3 { try await scene.add("\(number).bin") }
            try await scene.processor(concurrency: 1, surroundings: clock.surroundings).run()
            #expect(try await scene.queue.uploads().map(\.status) == [.pending, .completed, .completed])
        }
    }

    @Test func drainLeavesWhatWaitsForAPersonOrATime() async throws {
        let clock = TestClock()
        try await Scene.run { scene in
            let paused = try await scene.add("paused.bin")
            try await scene.queue.pause(paused.id)
            let path = try scene.folder.write("later.bin", bytes: 10)
            let later = try await scene.queue.add(
                .file(path),
                to: "server",
                options: .init(notBefore: clock.now.addingTimeInterval(60))
            )
            let now = try await scene.add("now.bin")
            try await scene.processor(surroundings: clock.surroundings).run()
            #expect(try await scene.upload(paused.id).status == .paused)
            #expect(try await scene.upload(later.id).status == .pending)
            #expect(try await scene.upload(later.id).notBefore == Timestamp.text(clock.now.addingTimeInterval(60)))
            #expect(try await scene.upload(now.id).status == .completed)
            clock.advance(60)
            try await scene.processor(surroundings: clock.surroundings).run()
            #expect(try await scene.upload(later.id).status == .completed)
        }
    }

    @Test func aRunningProcessorStartsAtNotBefore() async throws {
        let clock = TestClock()
        try await Scene.run { scene in
            let path = try scene.folder.write("later.bin", bytes: 10)
            let later = try await scene.queue.add(
                .file(path),
                to: "server",
                options: .init(notBefore: clock.now.addingTimeInterval(3600))
            )
            try await scene.whileWorking(scene.processor(drain: false, surroundings: clock.surroundings)) {
                try await scene.showsALook()
                #expect(try await scene.story(later.id) == ["add"])
                clock.advance(3600)
                try await scene.queue.waitUntilFinished(later.id)
            }
            #expect(try await scene.upload(later.id).status == .completed)
        }
    }

    /// A worker that is never idle empties its hands for an upload that has to be worked alone.
    @Test func aSuspectHasItsTurnAmongManyOthers() async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("small.bin", bytes: 10)
            let ids = try await scene.queue.add(Array(repeating: .file(path), count: 250), to: "server")
            try await scene.whileWorking(scene.processor(concurrency: 2, drain: false)) {
                try await scene.queue.waitUntilFinished(ids[0])
                try await scene.sql("UPDATE upload SET crashes = 2 WHERE id = 250 AND status = 'pending'")
                try await scene.queue.waitUntilFinished()
            }
            let claims = try await scene.queue.events(limit: 10_000).filter { $0.event == "claim" }
            #expect(claims.count == 250)
            let turn = try #require(claims.firstIndex { $0.uploadID == 250 })
            #expect(turn < 249, "it was not the last one")
        }
    }

    @Test func drainOfAnEmptyQueueReturns() async throws {
        try await Scene.run { scene in
            try await scene.drain()
            #expect(scene.server.requests().isEmpty)
        }
    }

    @Test func drainWaitsForAShortBackOff() async throws {
        let clock = TestClock()
        try await Scene.run(faults: [Fault(.step(.create), .status(500))]) { scene in
            let upload = try await scene.add()
            let processor = scene.processor(retry: .init(delays: [.seconds(59)]), surroundings: clock.surroundings)
            async let run: Void = processor.run()
            try await scene.wait(for: upload.id) { $0.attempt == 1 && $0.status == .pending }
            clock.advance(59)
            try await run
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }

    @Test func aMissingVariableParksTheUpload() async throws {
        try await Scene.run { scene in
            try await scene.queue.save(
                .tus("server", endpoint: scene.server.endpoint, headers: ["Authorization": "env:KEY"])
            )
            let upload = try await scene.add()
            for environment in [[:], ["KEY": ""], ["KEY": "a\r\nX-Evil: b"]] {
                try await scene.drain(environment: environment)
                let paused = try await scene.upload(upload.id)
                #expect(Ending(paused) == .paused("credentials"))
                #expect(paused.failure?.code == "credentials_missing")
                #expect(paused.failure?.message.contains("KEY") == true)
                try await scene.queue.resume(upload.id)
            }
            #expect(scene.server.requests().isEmpty)
            try await scene.drain(environment: ["KEY": "Bearer a"])
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(scene.server.requests().allSatisfy { $0.authorization })
        }
    }

    /// The first Location leads to another server; headers stay with the endpoint's own origin.
    @Test func headersReachOnlyTheEndpointsOrigin() async throws {
        try await Scene.run { other in
            let location = Fault(.step(.create), .setHeader("Location", "\(other.server.endpoint)nothing"))
            try await Scene.run(faults: [location]) { scene in
                try await scene.queue.save(
                    .tus(
                        "server",
                        endpoint: scene.server.endpoint,
                        headers: ["Authorization": "env:KEY", "X-Tenant": "a"]
                    )
                )
                let upload = try await scene.add()
                try await scene.drain(environment: ["KEY": "Bearer a"])
                #expect(try await scene.upload(upload.id).status == .completed)
                #expect(scene.requests(.create).count == 2)
                #expect(scene.server.requests().allSatisfy { $0.authorization && $0.customHeaders == ["x-tenant"] })
                #expect(other.requests(.transfer).count == 1)
                #expect(other.server.requests().allSatisfy { !$0.authorization && $0.customHeaders.isEmpty })
            }
        }
    }

    /// A rule of the schema that an answer breaks ends the upload, not the processor.
    @Test func anAnswerThatCannotBeStoredFailsItsUploadAlone() async throws {
        try await Scene.run { scene in
            let first = try await scene.add("first.bin")
            let second = try await scene.add("second.bin")
            try await scene.sql(
                """
                CREATE TRIGGER test_rule BEFORE UPDATE OF upload_url ON upload WHEN NEW.id = \(first.id)
                BEGIN SELECT RAISE(ABORT, 'a rule of the test'); END
                """
            )
            try await scene.drain(concurrency: 1)
            let failed = try await scene.upload(first.id)
            #expect(Ending(failed) == .failed("answer_not_storable"), "\(failed)")
            #expect(try await scene.upload(second.id).status == .completed)
        }
    }
}

extension Scene {
    /// Returns after the processor worked an upload that was due all the time.
    fileprivate func showsALook() async throws {
        let destination = "look"
        try await queue.save(.tus(destination, endpoint: server.endpoint.replacing("/files/", with: "/files")))
        let path = try folder.write("look-\(UUID().uuidString).bin", bytes: 1)
        let upload = try await queue.add(.file(path), to: destination)
        try await queue.waitUntilFinished(upload.id)
    }
}
