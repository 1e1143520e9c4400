import DevelopmentServer
import Foundation
import Testing
import Uploads

/// The same fault for ever: every upload ends, in bounded requests.
@Suite(.serialized) struct UploadRunForeverTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var step: RequestStep
        var effect: Fault.Effect
        var ending: Ending
        /// Requests of the step until then.
        var requests: Int

        var testDescription: String { "\(Fault(.step(step), effect)) -> \(ending)" }
    }

    private static let attempts = 6
    private static let later = [408, 425, 429, 500, 502, 503, 504, 507]

    private static func cases(
        _ step: RequestStep,
        _ statuses: [Int],
        _ code: String,
        requests: Int
    ) -> [Case] {
        // A deletion that is given up ends the upload too: the person does not want it any more.
        let ending = step == .delete ? Ending.cancelled(note: code) : .failed(code)
        return statuses.map { Case(step: step, effect: .status($0), ending: ending, requests: requests) }
    }

    static let cases: [Case] =
        [.create, .transfer, .delete].flatMap {
            cases($0, later, "too_many_attempts", requests: attempts)
        }
        // The cut that made the HEAD necessary was the first try.
        + cases(.offset, later + [409, 423], "too_many_attempts", requests: attempts - 1)
        + cases(.create, [409, 423], "refused", requests: 4)
        + cases(.delete, [409, 423], "too_many_attempts", requests: attempts)
        + cases(.transfer, [409, 423], "too_many_attempts", requests: 3 * attempts)
        + cases(.transfer, [404, 410], "gone_too_often", requests: 6)
        + cases(.transfer, [400], "refused", requests: 2)
        + cases(.transfer, [413], "request_too_large", requests: 2)
        + cases(.transfer, [460], "checksum_mismatch", requests: 2)
        + [
            Case(step: .create, effect: .dropHeader("Location"), ending: .failed("malformed_answer"), requests: 3),
            Case(step: .offset, effect: .dropHeader("Upload-Offset"), ending: .failed("malformed_answer"), requests: 3),
            Case(step: .transfer, effect: .acceptOnly(0), ending: .failed("too_many_attempts"), requests: 3 * attempts),
            Case(
                step: .transfer,
                effect: .cut(afterBytes: 0),
                ending: .failed("too_many_attempts"),
                requests: attempts
            ),
            Case(step: .create, effect: .cut(afterBytes: 0), ending: .failed("too_many_attempts"), requests: attempts),
            // These make progress each time, so they end well.
            Case(step: .transfer, effect: .acceptOnly(100_000), ending: .completed, requests: 9),
            Case(step: .transfer, effect: .dropHeader("Upload-Offset"), ending: .completed, requests: 3),
            Case(step: .transfer, effect: .statusAfter(500), ending: .completed, requests: 3),
            Case(step: .transfer, effect: .cutAfterProcessing, ending: .completed, requests: 3),
        ]

    @Test(arguments: cases) func ends(_ fault: Case) async throws {
        var faults = [Fault(.step(fault.step), fault.effect, times: 1_000_000)]
        if fault.step == .offset { faults.append(Fault(.step(.transfer), .cut(afterBytes: 1000))) }
        if fault.step == .delete { faults.append(Fault(.step(.transfer), .status(403))) }
        try await Scene.run(faults: faults, chunkSize: 300_000) { scene in
            let upload = try await scene.add(bytes: 900_000)
            try await scene.drain(maximumAttempts: Self.attempts)
            if fault.step == .delete {
                try await scene.queue.cancel(upload.id)
                try await scene.drain(maximumAttempts: Self.attempts)
            }
            let done = try await scene.upload(upload.id)
            #expect(Ending(done) == fault.ending)
            let failures = try await scene.queue.events(of: upload.id).compactMap(\.failure)
            #expect(scene.requests(fault.step).count == fault.requests, "\(failures)")
            if done.status == .completed { #expect(try scene.stored(done) == TestFolder.bytes(900_000)) }
        }
    }

    @Test(arguments: [408, 425, 429, 500, 502, 503, 504, 507]) func finalizeIsSentTwiceAtMost(status: Int) async throws
    {
        try await Scene.run(faults: [Fault(.step(.finalize), .status(status), times: 1_000_000)]) { scene in
            let (upload, _) = try await scene.addGranted()
            try await scene.drain()
            #expect(try await scene.upload(upload.id).failure?.code == "finalize_outcome_unknown")
            #expect(scene.requests(.finalize).count == 2)
        }
    }

    @Test func aDrainLeavesWhatKeepsFailingForLater() async throws {
        try await Scene.run(faults: [Fault(.step(.transfer), .status(500), times: 1_000_000)]) { scene in
            let stuck = try await scene.add("stuck.bin")
            let retry = RetryPolicy(delays: [.zero, .zero, .zero], longestDelay: .seconds(300))
            // The highest chance: the back-off after the first ones does not end during the test.
            let surroundings = Surroundings(chance: { 0.999 }, environment: { _ in nil })
            try await scene.processor(retry: retry, surroundings: surroundings).run()
            let upload = try await scene.upload(stuck.id)
            #expect(upload.status == .pending)
            #expect(upload.attempt == 4)
            #expect(upload.retryAt != nil)
            #expect(upload.failure?.code == "server_error")
            #expect(scene.requests(.transfer).count == 4)
        }
    }
}
