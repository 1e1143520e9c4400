import HTTPTypes
import Testing
import Tus

/// Hosts whose uploads need no finalize: the host has the file with the last byte, and can be asked for it.
@Suite struct HostUploadTests {
    private func plan(
        mint: HostAPI.Mint? = nil,
        probe: Bool = false,
        confirms: Bool = false,
        renews: Set<Step> = [],
        rules: [AnswerRule] = [],
        grant: Bool = false
    ) -> UploadMachine.Plan {
        UploadMachine.Plan(
            mint: mint,
            renews: renews,
            rules: rules,
            probe: probe ? Sample.question(.probe, maximumPolls: 3) : nil,
            confirms: confirms,
            confirm: confirms ? Sample.question(.confirm) : nil,
            grant: grant || mint != nil
        )
    }

    private func answer(_ text: String) -> Answer { Answer(status: 200, body: Array(text.utf8)) }

    private func completing(attempt: Int = 0) -> UploadMachine.Upload {
        Sample.upload(.transfer, offset: 40, completing: true, attempt: attempt)
    }

    @Test func anUploadThatTheHostCreatedIsAskedForItsOffset() {
        let mint = HostAPI.Mint(request: Sample.mint.request) { _ in
            HostAPI.Minted(endpoint: Sample.uploadURL, token: Sample.token, uploadURL: Sample.uploadURL)
        }
        var machine = UploadMachine(upload: Sample.upload(.mint), plan: plan(mint: mint))
        let actions = machine.run([answer("{}"), .offset(0), .offset(100)])
        #expect(
            actions == [
                "POST", "minted", "HEAD", "acknowledged 0 completing", "PATCH 0-100", "transferred done", "stop",
            ]
        )
        #expect(machine.upload.uploadURL == Sample.uploadURL)
    }

    @Test func aFileIsWaitedForWithoutAFinalize() {
        var machine = UploadMachine(upload: Sample.upload(.transfer), plan: plan(confirms: true))
        #expect(
            machine.run([.offset(100), answer("whole")]) == ["HEAD", "transferred confirm", "GET", "confirmed", "stop"]
        )
    }

    @Test func whatACreationSaysIsKept() {
        var plan = plan()
        plan.capture = { answer in answer.fields[.contentLocation].map { ["id": $0] } ?? [:] }
        var machine = UploadMachine(upload: Sample.upload(.create), plan: plan)
        _ = machine.start()
        let created = Answer(status: 201, fields: [.location: "/files/abc", .contentLocation: "seven"])
        guard case .record(.created(_, _, let captured, _)) = machine.receive(created) else {
            Issue.record("not created")
            return
        }
        #expect(captured == ["id": "seven"])
    }

    // MARK: - Gone with the last byte

    /// Only that there is no file, or another one, is a reason to send it again.
    @Test(arguments: [
        ("whole", "transferred done"), ("short", "gone"), ("another", "gone"), ("failed", "failed processing_failed"),
        ("{}", "later malformed_answer"),
    ])
    func aServerThatForgetsWhatIsCompleteIsAskedForTheFile(body: String, end: String) {
        var machine = UploadMachine(upload: completing(), plan: plan(probe: true))
        #expect(machine.run([Answer(status: 410), answer(body)]).prefix(3) == ["HEAD", "GET", end])
    }

    @Test(arguments: [
        (404, "gone"), (410, "gone"), (401, "parked credentials credentials_refused"),
        (403, "parked permission permission_refused"), (400, "later malformed_answer"), (501, "later malformed_answer"),
        (302, "later malformed_answer"),
    ])
    func anAnswerThatSaysNothingOfTheFileIsNoReasonToSendItAgain(status: Int, end: String) {
        var machine = UploadMachine(upload: completing(), plan: plan(probe: true))
        #expect(machine.run([Answer(status: 410), Answer(status: status)]).prefix(3) == ["HEAD", "GET", end])
    }

    @Test func whatIsNeverToldIsForAPerson() {
        var upload = completing(attempt: 2)
        upload.lastErrorCode = "malformed_answer"
        var machine = UploadMachine(upload: upload, plan: plan(probe: true))
        let actions = machine.run([Answer(status: 410), answer("{}")])
        #expect(actions == ["HEAD", "GET", "failed completion_outcome_unknown", "stop"])
    }

    @Test func theQuestionIsAskedWithNewCredentials() {
        var machine = UploadMachine(upload: completing(), plan: plan(probe: true, renews: [.probe]))
        let actions = machine.run([Answer(status: 410), Answer(status: 401)])
        #expect(actions == ["HEAD", "GET", "later credentials_refused", "stop"])
    }

    @Test func aFileThatIsWaitedForIsNotSentAgain() {
        var machine = UploadMachine(upload: completing(), plan: plan(probe: true, confirms: true))
        let actions = machine.run([Answer(status: 410), answer("whole"), answer("whole")])
        #expect(actions == ["HEAD", "GET", "transferred confirm", "GET", "confirmed", "stop"])
    }

    @Test func aFileInTheMakingIsAskedForAgainABoundedNumberOfTimes() {
        for (attempt, end) in [
            (0, "later not_ready"), (1, "later not_ready"), (2, "failed completion_outcome_unknown"),
        ] {
            var machine = UploadMachine(upload: completing(attempt: attempt), plan: plan(probe: true))
            #expect(machine.run([Answer(status: 410), answer("pending")]).prefix(3) == ["HEAD", "GET", end])
        }
    }

    /// What does not tell whether the file is there is no reason to send it again.
    @Test(arguments: [408, 429, 500, 503])
    func aHostThatCannotSayIsAskedLater(status: Int) {
        var machine = UploadMachine(upload: completing(), plan: plan(probe: true))
        let actions = machine.run([Answer(status: 410), Answer(status: status)])
        #expect(actions == ["HEAD", "GET", "later server_error", "stop"])
        var silent = UploadMachine(upload: completing(), plan: plan(probe: true))
        _ = silent.start()
        _ = silent.receive(Answer(status: 410))
        #expect(silent.receive(RequestFailure(code: "timeout", message: "")).summary == "later timeout")
    }

    @Test func withAGrantAnUnknownEndIsForAPerson() {
        var machine = UploadMachine(upload: completing(), plan: plan(probe: true, grant: true))
        let actions = machine.run([Answer(status: 410), Answer(status: 404)])
        #expect(actions == ["HEAD", "GET", "failed completion_outcome_unknown", "stop"])
    }

    @Test func bytesThatAreMissingNeedNoProbe() {
        let upload = Sample.upload(.transfer, offset: 40)
        var machine = UploadMachine(upload: upload, plan: plan(probe: true))
        #expect(machine.run([Answer(status: 410)]) == ["HEAD", "gone", "POST"])
    }

    // MARK: - Credentials that are made anew

    @Test(arguments: [Phase.create, .transfer, .mint])
    func newCredentialsAreTriedOnce(phase: Phase) {
        for (attempt, end) in [(0, "later credentials_refused"), (1, "parked credentials credentials_refused")] {
            let plan = plan(
                mint: phase == .mint ? Sample.mint : nil,
                renews: [.create, .transfer, .offset, .mint],
                grant: true
            )
            var machine = UploadMachine(upload: Sample.upload(phase, attempt: attempt), plan: plan)
            #expect(machine.run([Answer(status: 401)]).dropFirst() == [end, "stop"])
        }
    }

    @Test func newCredentialsAreTriedForAPoll() {
        let upload = Sample.upload(.confirm, offset: 100)
        var machine = UploadMachine(upload: upload, plan: plan(confirms: true, renews: [.confirm]))
        #expect(machine.run([Answer(status: 401)]) == ["GET", "later credentials_refused", "stop"])
    }

    /// A grant is spent or expired, whatever the host's API is asked with.
    @Test func aGrantThatIsRefusedIsReplaced() {
        let plan = plan(mint: Sample.mint, renews: [.mint, .confirm])
        var create = UploadMachine(upload: Sample.upload(.create), plan: plan)
        #expect(create.run([Answer(status: 401)]).prefix(2) == ["POST", "gone mint"])
        var transfer = UploadMachine(upload: Sample.upload(.transfer, offset: 40), plan: plan)
        #expect(transfer.run([Answer(status: 401)]).prefix(2) == ["HEAD", "gone mint"])
    }

    /// What hinders an upload does not hinder its cancellation, and is not tried for ever.
    @Test(arguments: [401, 402, 403, 428]) func aRefusedDeletionIsANote(status: Int) {
        let rules = AnswerRule.Outcome.allCases.filter { $0 != .later }.map { outcome in
            AnswerRule(steps: [.delete], outcome: outcome) { $0.status == status }
        }
        for rule in [nil] + rules.map(Optional.some) {
            var upload = Sample.upload(.transfer, offset: 40, attempt: 1)
            upload.cancelling = true
            upload.lastErrorCode = "credentials_refused"
            let plan = plan(renews: [.delete], rules: rule.map { [$0] } ?? [], grant: true)
            var machine = UploadMachine(upload: upload, plan: plan)
            #expect(machine.run([Answer(status: status)]) == ["DELETE", "deleted not_deleted", "stop"])
        }
    }

    /// What the host created a moment ago may not be known everywhere; each mint would leave another one.
    @Test(arguments: [401, 403, 404, 410]) func anUploadThatTheHostJustCreatedGetsTime(status: Int) {
        let mint = HostAPI.Mint(request: Sample.mint.request, createsUpload: true) { _ in nil }
        for (attempt, end) in [(0, "later server_error"), (2, "later server_error"), (3, "gone mint")] {
            var upload = Sample.upload(.transfer, attempt: attempt)
            upload.lastErrorCode = "server_error"
            var machine = UploadMachine(upload: upload, plan: plan(mint: mint))
            #expect(machine.run([Answer(status: status)]).prefix(2) == ["HEAD", end])
        }
    }

    /// A mint's answer that lacks something may hold a token all the same.
    @Test func aGrantThatIsNotWholeIsNotQuoted() {
        let mint = HostAPI.Mint(request: Sample.mint.request) { _ in nil }
        var machine = UploadMachine(upload: Sample.upload(.mint), plan: plan(mint: mint))
        _ = machine.start()
        guard case .record(.later(let problem, _, _)) = machine.receive(answer("token-of-somebody")) else {
            Issue.record("not put off")
            return
        }
        #expect(!problem.message.contains("somebody"))
    }

    /// A configuration may encode a secret in either way before it is sent, and a host repeat what it got.
    @Test func anEncodedSecretIsNotQuoted() {
        var plan = plan(confirms: true, grant: true)
        plan.secrets = ["key+of/somebody"]
        for echo in ["key+of/somebody", "key%2Bof%2Fsomebody", "a2V5K29mL3NvbWVib2R5"] {
            var machine = UploadMachine(upload: Sample.upload(.confirm, offset: 100), plan: plan)
            _ = machine.start()
            let answer = Answer(status: 503, body: Array("no access for \(echo)".utf8))
            guard case .record(.later(let problem, _, _)) = machine.receive(answer) else {
                Issue.record("not put off")
                continue
            }
            #expect(problem.message.contains("no access for [redacted]"), "\(problem.message)")
        }
    }

    // MARK: - A host's own rules

    @Test(arguments: [
        (AnswerRule.Outcome.later, "later server_error"), (.fail, "failed refused"),
        (.credentials, "parked credentials credentials_refused"), (.quota, "parked quota quota_exceeded"),
        (.permission, "parked permission permission_refused"),
    ])
    func aRuleGoesBeforeTheTable(outcome: AnswerRule.Outcome, end: String) {
        let rule = AnswerRule(steps: [.create], outcome: outcome) {
            $0.status == 404 && $0.body == Array("policy".utf8)
        }
        var machine = UploadMachine(upload: Sample.upload(.create), plan: plan(rules: [rule]))
        #expect(machine.run([Answer(status: 404, body: Array("policy".utf8))]) == ["POST", end, "stop"])
        for other in [Answer(status: 404), Answer(status: 410, body: Array("policy".utf8))] {
            var machine = UploadMachine(upload: Sample.upload(.create), plan: plan(rules: [rule]))
            #expect(machine.run([other]) == ["POST", "failed refused", "stop"])
        }
        var transfer = UploadMachine(upload: Sample.upload(.transfer), plan: plan(rules: [rule]))
        #expect(transfer.run([Answer(status: 404, body: Array("policy".utf8))]).prefix(2) == ["HEAD", "gone"])
    }
}
