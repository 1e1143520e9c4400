import HTTPTypes
import Testing
import Tus

/// Hosts whose uploads need no finalize: the host has the file with the last byte, and can be asked for it.
@Suite struct HostUploadTests {
    private func plan(
        mint: HostAPI.Mint? = nil,
        probe: Bool = false,
        confirms: Bool = false,
        renews: Bool = false,
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
        guard case .record(.created(_, _, let captured)) = machine.receive(created) else {
            Issue.record("not created")
            return
        }
        #expect(captured == ["id": "seven"])
    }

    // MARK: - Gone with the last byte

    @Test(arguments: [("whole", "transferred done"), ("short", "gone"), ("failed", "gone"), ("{}", "gone")])
    func aServerThatForgetsWhatIsCompleteIsAskedForTheFile(body: String, end: String) {
        var machine = UploadMachine(upload: completing(), plan: plan(probe: true))
        #expect(machine.run([Answer(status: 410), answer(body)]).prefix(3) == ["HEAD", "GET", end])
    }

    @Test func aFileThatIsWaitedForIsNotSentAgain() {
        var machine = UploadMachine(upload: completing(), plan: plan(probe: true, confirms: true))
        let actions = machine.run([Answer(status: 410), answer("whole"), answer("whole")])
        #expect(actions == ["HEAD", "GET", "transferred confirm", "GET", "confirmed", "stop"])
    }

    @Test func aFileInTheMakingIsAskedForAgainABoundedNumberOfTimes() {
        for (attempt, end) in [(0, "later not_ready"), (1, "later not_ready"), (2, "gone")] {
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
            let plan = plan(mint: phase == .mint ? Sample.mint : nil, renews: true, grant: true)
            var machine = UploadMachine(upload: Sample.upload(phase, attempt: attempt), plan: plan)
            #expect(machine.run([Answer(status: 401)]).dropFirst() == [end, "stop"])
        }
    }

    @Test func newCredentialsAreTriedForAPoll() {
        let upload = Sample.upload(.confirm, offset: 100)
        var machine = UploadMachine(upload: upload, plan: plan(confirms: true, renews: true))
        #expect(machine.run([Answer(status: 401)]) == ["GET", "later credentials_refused", "stop"])
    }

    // MARK: - A host's own rules

    @Test(arguments: [
        (AnswerRule.Outcome.later, "later server_error"), (.fail, "failed refused"),
        (.credentials, "parked credentials credentials_refused"), (.quota, "parked quota quota_exceeded"),
        (.permission, "parked permission permission_refused"),
    ])
    func aRuleGoesBeforeTheTable(outcome: AnswerRule.Outcome, end: String) {
        let rule = AnswerRule(steps: [.create], status: 404, outcome: outcome) { $0 == Array("policy".utf8) }
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
