import HTTPTypes
import Testing
import Tus

/// `UploadMachine+Transfer`: offsets, ranges and what is durable before a `PATCH`.
@Suite struct TransferTests {
    private let small = RequestRule(exact: 40)

    private func machine(_ upload: UploadMachine.Upload, _ plan: UploadMachine.Plan = .init()) -> UploadMachine {
        UploadMachine(upload: upload, plan: plan)
    }

    @Test func newUploadGoesFromCreateToDone() {
        var machine = machine(Sample.upload(), .init(requestRule: small))
        let actions = machine.run([.created(at: "abc"), .offset(40), .offset(80), .offset(100)])
        #expect(
            actions == [
                "POST", "created", "PATCH 0-40", "acknowledged 40", "PATCH 40-80", "acknowledged 80 completing",
                "PATCH 80-100", "transferred done", "stop",
            ]
        )
        #expect(machine.upload.offset == 100 && machine.upload.phase == .done)
    }

    @Test func patchIsComplete() throws {
        var machine = machine(Sample.upload(.transfer), .init(requestRule: small))
        _ = machine.start()
        _ = machine.receive(.offset(40, status: 200))
        let request = try #require(machine.recorded().request)
        #expect(request.step == .transfer && request.method == .patch && request.url == Sample.uploadURL)
        #expect(request.body == .file(40..<80))
        #expect(
            request.fields == [
                .tusResumable: "1.0.0", .contentType: "application/offset+octet-stream", .uploadOffset: "40",
                .contentLength: "40",
            ]
        )
    }

    @Test func headSendsTheProtocolVersion() throws {
        var machine = machine(Sample.upload(.transfer))
        let request = try #require(machine.start().request)
        #expect(request.step == .offset && request.method == .head && request.body == .none)
        #expect(request.fields == [.tusResumable: "1.0.0"])
    }

    @Test func resumesAtTheServersOffset() {
        var ahead = machine(Sample.upload(.transfer, offset: 40), .init(requestRule: small))
        #expect(ahead.run([.offset(70)]) == ["HEAD", "acknowledged 70 completing", "PATCH 70-100"])
        var behind = machine(Sample.upload(.transfer, offset: 40), .init(requestRule: small))
        #expect(behind.run([.offset(8)]) == ["HEAD", "acknowledged 8", "PATCH 8-48"])
        var same = machine(Sample.upload(.transfer, offset: 40), .init(requestRule: small))
        #expect(same.run([.offset(40)]) == ["HEAD", "PATCH 40-80"])
    }

    @Test func allBytesThereNeedsNoPatch() {
        var plain = machine(Sample.upload(.transfer, offset: 40, completing: true))
        #expect(plain.run([.offset(100)]) == ["HEAD", "transferred done", "stop"])
        var empty = machine(Sample.upload(.transfer, length: 0))
        #expect(empty.run([.offset(0)]) == ["HEAD", "transferred done", "stop"])
    }

    @Test func partialAcceptanceGoesOnFromThere() {
        var machine = machine(Sample.upload(.transfer, completing: true))
        #expect(
            machine.run([.offset(0), .offset(33), .offset(100)]) == [
                "HEAD", "PATCH 0-100", "acknowledged 33 completing", "PATCH 33-100", "transferred done", "stop",
            ]
        )
    }

    @Test func completingIsTakenBackWhenBytesAreMissing() {
        var machine = machine(Sample.upload(.transfer, offset: 80, completing: true), .init(requestRule: small))
        #expect(machine.run([.offset(20)]) == ["HEAD", "acknowledged 20", "PATCH 20-60"])
        #expect(!machine.upload.completing)
    }

    @Test(arguments: ["100", "-1", "+5", "5 ", "0x5", "", "12345678901234567890", "5, 5"])
    func offsetThatMakesNoSenseIsNotBelieved(value: String) {
        // As an answer to HEAD "100" and "5" are fine: 100 is the length, and a field is trimmed.
        var head = machine(Sample.upload(.transfer))
        let actions = head.run([Answer(status: 200, fields: [.uploadOffset: value])])
        let expected = ["100": "transferred done", "5 ": "acknowledged 5 completing"][value]
        #expect(actions[1] == expected ?? "later malformed_answer")
    }

    @Test func offsetBeyondTheLengthIsMalformed() {
        var machine = machine(Sample.upload(.transfer))
        #expect(machine.run([.offset(101)]) == ["HEAD", "later malformed_answer", "stop"])
    }

    @Test func lengthOfTheServerMustBeOurs() {
        let fields: HTTPFields = [.uploadOffset: "100", .uploadLength: "1000"]
        var other = machine(Sample.upload(.transfer))
        #expect(other.run([Answer(status: 200, fields: fields)]) == ["HEAD", "failed length_mismatch", "stop"])
        var same = machine(Sample.upload(.transfer))
        let answer = Answer(status: 200, fields: [.uploadOffset: "100", .uploadLength: "100"])
        #expect(same.run([answer]) == ["HEAD", "transferred done", "stop"])
        var nonsense = machine(Sample.upload(.transfer))
        let bad = Answer(status: 200, fields: [.uploadOffset: "100", .uploadLength: "many"])
        #expect(nonsense.run([bad]) == ["HEAD", "later malformed_answer", "stop"])
    }

    @Test(arguments: [Answer(status: 204), .offset(0), .offset(41), .offset(100), .offset(-1)])
    func patchAnswerThatCannotBeAsksForTheOffset(answer: Answer) {
        var machine = machine(Sample.upload(.transfer), .init(requestRule: small))
        #expect(
            machine.run([.offset(0), answer, .offset(40)]).suffix(3) == ["HEAD", "acknowledged 40", "PATCH 40-80"]
        )
    }

    @Test func doubtsWithoutProgressEndInLater() {
        for answer in [Answer(status: 204), Answer(status: 409), Answer(status: 423)] {
            var machine = machine(Sample.upload(.transfer, completing: true))
            let actions = machine.run([.offset(0), answer, .offset(0), answer, .offset(0), answer])
            let code = answer.status == 204 ? "no_progress" : "conflict"
            #expect(
                actions == [
                    "HEAD", "PATCH 0-100", "HEAD", "PATCH 0-100", "HEAD", "PATCH 0-100", "later \(code)", "stop",
                ]
            )
        }
    }

    @Test func conflictWithAStaleOffsetIsOneMoreHead() {
        var machine = machine(Sample.upload(.transfer, offset: 40, completing: true))
        #expect(
            machine.run([.offset(20), Answer(status: 409), .offset(60), .offset(100)]) == [
                "HEAD", "acknowledged 20 completing", "PATCH 20-100", "HEAD", "acknowledged 60 completing",
                "PATCH 60-100", "transferred done", "stop",
            ]
        )
    }

    @Test func offsetThatGoesBackAndForthIsBounded() {
        var machine = machine(Sample.upload(.transfer), .init(requestRule: small))
        var answers: [Answer] = [.offset(0)]
        for _ in 0..<100 { answers += [.offset(40), Answer(status: 409), .offset(0)] }
        let actions = machine.run(answers)
        #expect(actions.suffix(2) == ["later conflict", "stop"])
        #expect(actions.count < 30)
    }

    @Test func tooLargeShrinksUntilItFits() {
        let mebibyte: Int64 = 1 << 20
        var machine = machine(Sample.upload(.transfer, length: 100 * mebibyte))
        let refused = Answer(status: 413)
        let actions = machine.run([.offset(0), refused, .offset(0), refused, .offset(0), .offset(16 * mebibyte)])
        #expect(
            actions == [
                "HEAD", "PATCH 0-\(64 * mebibyte)", "HEAD", "PATCH 0-\(32 * mebibyte)", "HEAD",
                "PATCH 0-\(16 * mebibyte)", "acknowledged \(16 * mebibyte)",
                "PATCH \(16 * mebibyte)-\(32 * mebibyte)",
            ]
        )
    }

    @Test func tooLargeTakesCompletingBackFirst() {
        let mebibyte: Int64 = 1 << 20
        var machine = machine(Sample.upload(.transfer, length: mebibyte, completing: true))
        #expect(
            machine.run([.offset(0), Answer(status: 413), .offset(0)]) == [
                "HEAD", "PATCH 0-\(mebibyte)", "HEAD", "acknowledged 0", "PATCH 0-\(mebibyte / 2)",
            ]
        )
    }

    @Test func tooLargeForEveryRequestFails() {
        var machine = machine(Sample.upload(.transfer, length: 1 << 30))
        var answers: [Answer] = [.offset(0)]
        for _ in 0..<100 { answers += [Answer(status: 413), .offset(0)] }
        let actions = machine.run(answers)
        #expect(actions.suffix(3) == ["PATCH 0-262144", "failed request_too_large", "stop"])
        #expect(actions.filter { $0.hasPrefix("PATCH") }.count == 9)
    }

    @Test func badRequestIsTriedOnceMoreAndSmaller() {
        let mebibyte: Int64 = 1 << 20
        var machine = machine(Sample.upload(.transfer, length: mebibyte, completing: true))
        let refused = Answer(status: 400)
        #expect(
            machine.run([.offset(0), refused, .offset(0), refused]) == [
                "HEAD", "PATCH 0-\(mebibyte)", "HEAD", "acknowledged 0", "PATCH 0-\(mebibyte / 2)", "failed refused",
                "stop",
            ]
        )
    }

    @Test func badRequestWithProgressGoesOn() {
        var machine = machine(Sample.upload(.transfer, completing: true))
        var answers: [Answer] = [.offset(0)]
        for offset in stride(from: Int64(10), through: 90, by: 10) {
            answers += [Answer(status: 400), .offset(offset)]
        }
        #expect(machine.run(answers + [.offset(100)]).suffix(2) == ["transferred done", "stop"])
    }

    @Test func checksumMismatchRepeatsTheRangeOnce() {
        let mismatch = Answer(status: 460)
        var twice = machine(Sample.upload(.transfer, completing: true))
        #expect(
            twice.run([.offset(0), mismatch, mismatch])
                == ["HEAD", "PATCH 0-100", "PATCH 0-100", "failed checksum_mismatch", "stop"]
        )
        var apart = machine(Sample.upload(.transfer), .init(requestRule: small))
        let actions = apart.run([.offset(0), mismatch, .offset(40), mismatch, .offset(80), .offset(100)])
        #expect(actions.suffix(2) == ["transferred done", "stop"])
    }

    @Test(arguments: [404, 410])
    func goneStartsAgain(status: Int) {
        var machine = machine(Sample.upload(.transfer, offset: 40), .init(requestRule: small))
        let actions = machine.run([Answer(status: status), .created(at: "new"), .offset(40)])
        #expect(actions == ["HEAD", "gone", "POST", "created", "PATCH 0-40", "acknowledged 40", "PATCH 40-80"])
        #expect(machine.upload.restarts == 1)
        #expect(machine.upload.uploadURL == Sample.url("https://tus.example.org/files/new"))
    }

    @Test func goneIsBounded() {
        var machine = machine(Sample.upload(.transfer, restarts: 5))
        #expect(machine.run([Answer(status: 404)]) == ["HEAD", "failed gone_too_often", "stop"])
        var endless = self.machine(Sample.upload(.transfer))
        var answers: [Answer] = [Answer(status: 410)]
        for _ in 0..<20 { answers += [.created(at: "new"), Answer(status: 410)] }
        let actions = endless.run(answers)
        #expect(actions.filter { $0 == "gone" }.count == 5)
        #expect(actions.suffix(2) == ["failed gone_too_often", "stop"])
    }

    @Test func goneInDoubtOfCompletionDependsOnTheDestination() {
        let gone = Answer(status: 410)
        let upload = Sample.upload(.transfer, offset: 80, completing: true)
        var plain = machine(upload)
        #expect(plain.run([gone]) == ["HEAD", "gone", "POST"])
        for plan in [UploadMachine.Plan(finalize: .wix(filename: "a")), .init(grant: true)] {
            var machine = machine(upload, plan)
            #expect(machine.run([gone]) == ["HEAD", "failed completion_outcome_unknown", "stop"])
        }
        var early = machine(Sample.upload(.transfer, offset: 40), .init(grant: true))
        #expect(early.run([gone]) == ["HEAD", "gone", "POST"])
    }

    @Test func progressMakesTriesCountFromZero() {
        var stuck = machine(Sample.upload(.transfer, completing: true, attempt: 9))
        #expect(stuck.run([.offset(0), Answer(status: 409), Answer(status: 200)]).last == "stop")
        #expect(stuck.upload.attempt == 9)
        var replanned = machine(Sample.upload(.transfer, attempt: 9))
        let refused = replanned.run([.offset(0), Answer(status: 409), Answer(status: 200)])
        #expect(refused.contains("acknowledged 0 completing"))
        #expect(refused.suffix(2) == ["failed malformed_answer", "stop"])
        var moving = machine(Sample.upload(.transfer, completing: true, attempt: 9))
        let actions = moving.run([.offset(0), .offset(10), Answer(status: 409), Answer(status: 200)])
        #expect(actions.suffix(2) == ["later malformed_answer", "stop"])
        #expect(moving.upload.attempt == 0)
    }

    @Test(arguments: [Phase.transfer, .finalize])
    func rowWithoutWhatItsPhaseNeedsFails(phase: Phase) {
        let upload = UploadMachine.Upload(phase: phase, endpoint: Sample.endpoint, length: 1)
        var machine = machine(upload)
        #expect(machine.start().summary == "failed upload_invalid")
    }

    @Test(arguments: [(4, "acknowledged 10 completing"), (5, "failed gone_too_often")])
    func offsetGoesBackABoundedNumberOfTimes(restarts: Int, expected: String) {
        var upload = Sample.upload(.transfer, restarts: restarts)
        upload.offset = 20
        var machine = UploadMachine(upload: upload, plan: .init())
        _ = machine.start()
        #expect(machine.receive(.offset(10)).summary == expected)
    }
}
