import Testing
import Tus

/// Answers that count how often they came.
extension AnswerTableTests {
    @Test(arguments: [
        (Step.create, 409, 2, "later conflict"), (.create, 409, 3, "failed refused"),
        (.create, 423, 2, "later conflict"), (.create, 423, 3, "failed refused"),
        (.create, 204, 1, "later malformed_answer"), (.create, 204, 2, "failed malformed_answer"),
        (.offset, 200, 1, "later malformed_answer"), (.offset, 200, 2, "failed malformed_answer"),
        (.offset, 423, 50, "later conflict"), (.create, 500, 50, "later server_error"),
    ])
    func triesAreBounded(step: Step, status: Int, attempt: Int, expected: String) {
        let upload = Sample.upload(step == .create ? .create : .transfer, attempt: attempt)
        var machine = UploadMachine(upload: upload, plan: .init())
        _ = machine.start()
        #expect(machine.receive(Answer(status: status)).summary == expected)
    }

    @Test(arguments: [(2, "later server_busy"), (3, "failed grant_expired")])
    func rateLimitedGrantIsUsedUpAfterThreeTries(attempt: Int, expected: String) {
        var machine = UploadMachine(upload: Sample.upload(.create, attempt: attempt), plan: .init(grant: true))
        _ = machine.start()
        #expect(machine.receive(Answer(status: 429)).summary == expected)
    }

    /// A server that is busy would refuse every new grant alike.
    @Test(arguments: [(2, 0, "pause server_busy"), (3, 0, "gone mint"), (3, 5, "pause server_busy")])
    func aMintedGrantIsReplacedAfterThreeTriesAndNotForEver(attempt: Int, restarts: Int, expected: String) {
        let upload = Sample.upload(.create, attempt: attempt, restarts: restarts)
        var machine = UploadMachine(upload: upload, plan: .init(mint: Sample.mint, grant: true))
        _ = machine.start()
        #expect(machine.receive(Answer(status: 429)).summary == expected)
    }

    @Test(arguments: [
        (Step.create, 409, "timeout", "later conflict"), (.create, 409, "conflict", "failed refused"),
        (.create, 204, "timeout", "later malformed_answer"),
        (.create, 204, "malformed_answer", "failed malformed_answer"),
    ])
    func triesThatEndedOtherwiseDoNotCount(step: Step, status: Int, lastError: String, expected: String) {
        var upload = Sample.upload(.create, attempt: 10)
        upload.lastErrorCode = lastError
        var machine = UploadMachine(upload: upload, plan: .init())
        _ = machine.start()
        #expect(machine.receive(Answer(status: status)).summary == expected)
    }
}
