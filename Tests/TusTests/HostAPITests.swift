import Testing
import Tus

/// Mint, probe and confirm: what is asked of the host beside tus.
@Suite struct HostAPITests {
    private let file = Answer(status: 200, body: Array(#"{"file":{"id":"x"}}"#.utf8))

    private func plan(probe: Bool = false, confirms: Bool = false, maximumPolls: Int = 120) -> UploadMachine.Plan {
        UploadMachine.Plan(
            mint: Sample.mint,
            finalize: .wix(filename: "a.jpg"),
            probe: probe ? Sample.question(.probe) : nil,
            confirms: confirms,
            confirm: confirms ? Sample.question(.confirm, maximumPolls: maximumPolls) : nil,
            grant: true
        )
    }

    private func answer(_ text: String) -> Answer { Answer(status: 200, body: Array(text.utf8)) }

    @Test func anUploadIsMintedCreatedSentFinalizedAndConfirmed() {
        var machine = UploadMachine(upload: Sample.upload(.mint), plan: plan(confirms: true))
        let answers = [file, .created(at: "/files/abc"), .offset(100), file, answer("whole")]
        #expect(
            machine.run(answers) == [
                "POST", "minted", "POST", "created completing", "PATCH 0-100", "transferred finalize", "finalizeSent",
                "PUT", "finalized confirm", "GET", "confirmed", "stop",
            ]
        )
    }

    @Test func withoutAMintNothingIsAsked() {
        var machine = UploadMachine(upload: Sample.upload(.mint), plan: .init())
        #expect(machine.run([]) == ["failed upload_invalid", "stop"])
    }

    @Test(arguments: [400, 401, 403, 404, 410, 429])
    func aSpentGrantIsReplacedOnce(status: Int) {
        // A 429 may come from a server that is busy, and is waited for a few times.
        var upload = Sample.upload(.create, attempt: status == 429 ? 3 : 0)
        upload.token = Sample.token
        var machine = UploadMachine(upload: upload, plan: plan())
        let actions = machine.run([Answer(status: status), file, Answer(status: status)])
        #expect(actions.prefix(5) == ["POST", "gone mint", "POST", "minted", "POST"])
        let ends = [
            400: "failed refused", 401: "parked credentials credentials_refused",
            403: "parked permission permission_refused", 404: "failed refused", 410: "failed refused",
            429: "pause server_busy",
        ]
        #expect(actions.dropFirst(5) == [ends[status] ?? "", "stop"])
        #expect(machine.upload.restarts == 1)
    }

    @Test(arguments: [
        (0, "later permission_refused"), (2, "later permission_refused"),
        (3, "parked permission permission_refused"),
    ])
    func aDenialWithoutACodeMayBeAThrottle(attempt: Int, end: String) {
        var machine = UploadMachine(upload: Sample.upload(.mint, attempt: attempt), plan: plan())
        #expect(machine.run([Answer(status: 403, body: Array("<html>".utf8))]) == ["POST", end, "stop"])
        var denied = UploadMachine(upload: Sample.upload(.mint), plan: plan())
        let answer = Answer(status: 403, body: Sample.wixError("PERMISSION_DENIED"))
        #expect(denied.run([answer]) == ["POST", "parked permission permission_refused", "stop"])
    }

    @Test func grantsAreNotReplacedForEver() {
        var upload = Sample.upload(.create, restarts: 5)
        upload.token = Sample.token
        var machine = UploadMachine(upload: upload, plan: plan())
        #expect(machine.run([Answer(status: 410)]) == ["POST", "failed grant_expired", "stop"])
    }

    @Test func aRefusedTransferIsLookedAtBeforeItStartsOver() {
        var machine = UploadMachine(upload: Sample.upload(.transfer, length: 1 << 30), plan: plan())
        let actions = machine.run([.offset(0), Answer(status: 401), Answer(status: 401), file])
        #expect(actions.dropFirst() == ["PATCH 0-67108864", "HEAD", "gone mint", "POST", "minted", "POST"])
    }

    @Test func whatMayBeCompleteIsNotMintedAgain() {
        var machine = UploadMachine(upload: Sample.upload(.transfer, completing: true), plan: plan())
        #expect(machine.run([Answer(status: 401)]) == ["HEAD", "failed completion_outcome_unknown", "stop"])
    }

    @Test(arguments: [401, 403, 404, 409, 429, 500])
    func aFileThatIsThereSettlesAFinalize(status: Int) {
        var machine = UploadMachine(upload: Sample.upload(.finalize, offset: 100), plan: plan(probe: true))
        let actions = machine.run([Answer(status: status), file])
        #expect(actions == ["finalizeSent", "PUT", "GET", "finalized", "stop"])
    }

    @Test(arguments: [
        (401, "failed grant_expired"), (403, "failed finalize_outcome_unknown"), (429, "later server_error"),
        (500, "later server_error"),
    ])
    func aFileThatIsNotThereLeavesWhatTheFinalizeSaid(status: Int, end: String) {
        for probe in [Answer(status: 404), Answer(status: 500), answer("{}")] {
            var machine = UploadMachine(upload: Sample.upload(.finalize, offset: 100), plan: plan(probe: true))
            #expect(machine.run([Answer(status: status), probe]) == ["finalizeSent", "PUT", "GET", end, "stop"])
        }
    }

    @Test func afterACrashTheFileIsAskedForFirst() {
        let upload = Sample.upload(.finalize, offset: 100, finalizeSent: 1)
        var there = UploadMachine(upload: upload, plan: plan(probe: true))
        #expect(there.run([file]) == ["GET", "finalized", "stop"])
        var missing = UploadMachine(upload: upload, plan: plan(probe: true))
        #expect(missing.run([Answer(status: 404), file]) == ["GET", "finalizeSent", "PUT", "finalized", "stop"])
        let twice = Sample.upload(.finalize, offset: 100, finalizeSent: 2)
        var unknown = UploadMachine(upload: twice, plan: plan(probe: true))
        #expect(unknown.run([Answer(status: 404)]) == ["GET", "failed finalize_outcome_unknown", "stop"])
    }

    @Test func aProbeWithoutAnswerDecidesNothing() {
        let upload = Sample.upload(.finalize, offset: 100, finalizeSent: 1)
        var machine = UploadMachine(upload: upload, plan: plan(probe: true))
        _ = machine.start()
        #expect(machine.receive(RequestFailure(code: "timeout", message: "")).summary == "finalizeSent")
    }

    @Test(arguments: [
        ("whole", "confirmed"), ("short", "failed size_mismatch"), ("failed", "failed processing_failed"),
        ("pending", "later not_ready"), ("<html>", "later malformed_answer"),
    ])
    func theFilesStateDecides(body: String, end: String) {
        var machine = UploadMachine(upload: Sample.upload(.confirm, offset: 100), plan: plan(confirms: true))
        #expect(machine.run([answer(body)]) == ["GET", end, "stop"])
    }

    private static let md5 = "900150983cd24fb0d6963f7d28e17f72"

    @Test(arguments: [
        (md5, Result.success(md5), "confirmed"), (md5.uppercased(), .success(md5), "confirmed"),
        (md5, .success("d41d8cd98f00b204e9800998ecf8427e"), "failed checksum_mismatch"),
        (md5, .failure(Problem(code: "source_missing", message: "")), "confirmed unverified"),
    ])
    func theMD5ThatTheHostTellsIsHeldAgainstTheSources(told: String, own: Result<String, Problem>, end: String) {
        var machine = UploadMachine(upload: Sample.upload(.confirm, offset: 100), plan: plan(confirms: true))
        #expect(machine.run([answer("md5:\(told)")], md5: own) == ["GET", "digest", end, "stop"])
    }

    @Test(arguments: ["", "0123", "\(md5)0", String(repeating: "g", count: 32), String(repeating: "é", count: 16)])
    func whatIsNoMD5IsNotCompared(told: String) {
        var machine = UploadMachine(upload: Sample.upload(.confirm, offset: 100), plan: plan(confirms: true))
        #expect(machine.run([answer("md5:\(told)")]) == ["GET", "confirmed unverified", "stop"])
    }

    @Test func pollsAreBoundedAndSpread() {
        let waiting = plan(confirms: true, maximumPolls: 3)
        var last = UploadMachine(upload: Sample.upload(.confirm, offset: 100, attempt: 2), plan: waiting)
        #expect(last.run([answer("pending")]) == ["GET", "confirmed unconfirmed", "stop"])
        var early = UploadMachine(upload: Sample.upload(.confirm, offset: 100, attempt: 1), plan: waiting)
        _ = early.start()
        guard case .record(.later(_, let retryAfter, _)) = early.receive(answer("pending")) else {
            Issue.record("not later")
            return
        }
        #expect(retryAfter == .seconds(5))
    }

    /// What the host made is not the tus server's to delete.
    @Test func cancellingWhileTheFileIsWaitedForLeavesIt() {
        var upload = Sample.upload(.confirm, offset: 100)
        upload.cancelling = true
        var machine = UploadMachine(upload: upload, plan: plan(confirms: true))
        #expect(machine.run([]) == ["deleted not_deleted", "stop"])
    }

    @Test func aFileWithoutANameIsUnconfirmed() {
        var machine = UploadMachine(upload: Sample.upload(.confirm, offset: 100), plan: plan())
        #expect(machine.run([]) == ["confirmed unconfirmed", "stop"])
    }
}
