import HTTPTypes
import Testing
import Tus

/// `UploadMachine+Transfer`: a refused `PATCH` where the server may have every byte already.
@Suite struct RefusalTests {
    private static let refusals = [
        (401, "parked credentials credentials_refused"), (402, "parked quota quota_exceeded"),
        (403, "parked permission permission_refused"), (412, "failed version_not_supported"),
        (415, "failed refused"), (501, "failed refused"),
    ]

    private func machine(_ plan: UploadMachine.Plan = .init()) -> UploadMachine {
        UploadMachine(upload: Sample.upload(.transfer, offset: 60, completing: true), plan: plan)
    }

    @Test(arguments: refusals) func aCompleteUploadIsNotRefused(status: Int, _: String) {
        var machine = machine()
        let actions = machine.run([.offset(60), Answer(status: status), .offset(100)])
        #expect(actions == ["HEAD", "PATCH 60-100", "HEAD", "transferred done", "stop"])
    }

    @Test func aCompleteGrantGoesOnToFinalize() {
        var upload = Sample.upload(.transfer, offset: 60, completing: true)
        upload.token = Sample.token
        var machine = UploadMachine(upload: upload, plan: .init(finalize: .wix(filename: "a"), grant: true))
        let file = Answer(status: 200, body: Array(#"{"file":{}}"#.utf8))
        let actions = machine.run([.offset(60), Answer(status: 403), .offset(100), file])
        #expect(Array(actions.prefix(4)) == ["HEAD", "PATCH 60-100", "HEAD", "transferred finalize"])
        #expect(Array(actions.dropFirst(4)) == ["finalizeSent", "PUT", "finalized", "stop"])
    }

    @Test(arguments: refusals) func aRefusalStandsWhereBytesAreMissing(status: Int, refusal: String) {
        for answer in [.offset(60), .offset(99), .offset(101), Answer(status: 200), Answer(status: 403)] {
            var machine = machine()
            let actions = machine.run([.offset(60), Answer(status: status), answer])
            #expect(actions == ["HEAD", "PATCH 60-100", "HEAD", refusal, "stop"])
        }
    }

    @Test func theLookFollowsARedirect() {
        var machine = machine()
        let redirect = Answer(status: 307, fields: [.location: "/files/moved"])
        let actions = machine.run([.offset(60), Answer(status: 403), redirect, .offset(100)])
        #expect(actions == ["HEAD", "PATCH 60-100", "HEAD", "HEAD", "transferred done", "stop"])
    }

    @Test func aLookWithoutAnAnswerIsRepeatedLater() {
        var machine = machine()
        _ = machine.run([.offset(60), Answer(status: 403)])
        let action = machine.receive(RequestFailure(code: "timeout", message: "no answer"))
        #expect(action.summary == "later timeout")
    }

    @Test func aRequestThatCannotCompleteIsRefusedAtOnce() {
        var machine = UploadMachine(
            upload: Sample.upload(.transfer),
            plan: .init(requestRule: RequestRule(exact: 40))
        )
        let actions = machine.run([.offset(0), Answer(status: 403)])
        #expect(actions == ["HEAD", "PATCH 0-40", "parked permission permission_refused", "stop"])
    }

    @Test(arguments: [401, 403]) func aGrantThatIsRefusedTwiceInARowIsReplaced(status: Int) {
        var machine = machine(.init(mint: Sample.mint))
        let refusal = Answer(status: status)
        let actions = machine.run([.offset(60), refusal, .offset(60), refusal, .offset(60)])
        #expect(Array(actions.prefix(5)) == ["HEAD", "PATCH 60-100", "HEAD", "PATCH 60-100", "HEAD"])
        #expect(actions.dropFirst(5).first == "gone mint")
        #expect(machine.upload.restarts == 1)
    }

    @Test func bytesBetweenTwoRefusalsKeepTheGrant() {
        var machine = UploadMachine(
            upload: Sample.upload(.transfer),
            plan: .init(requestRule: RequestRule(exact: 40), mint: Sample.mint)
        )
        let refusal = Answer(status: 401)
        let actions = machine.run([.offset(0), refusal, .offset(0), .offset(40), refusal, .offset(40), .offset(80)])
        #expect(!actions.contains("gone mint"))
        #expect(machine.upload.offset == 80)
    }

    /// Bytes that arrived count as progress, whatever the answer to them was.
    @Test(arguments: [(60, true), (61, false), (99, false)] as [(Int64, Bool)])
    func bytesThatArriveInSpiteOfRefusalsKeepTheGrant(offset: Int64, isReplaced: Bool) {
        var machine = machine(.init(mint: Sample.mint))
        let refusal = Answer(status: 401)
        let actions = machine.run([.offset(60), refusal, .offset(60), refusal, .offset(offset)])
        #expect(actions.contains("gone mint") == isReplaced)
        #expect(isReplaced || actions.last == "PATCH \(offset)-100")
    }

    @Test func aCompleteUploadKeepsItsGrant() {
        var machine = machine(.init(mint: Sample.mint))
        let refusal = Answer(status: 403)
        let actions = machine.run([.offset(60), refusal, .offset(60), refusal, .offset(100)])
        #expect(actions.suffix(2) == ["transferred done", "stop"])
    }

    /// Only the server's own word that bytes are missing gives up what it has.
    @Test(arguments: [
        (Answer(status: 503), "pause server_busy"), (Answer(status: 500), "later server_error"),
        (Answer(status: 423), "later conflict"), (Answer(status: 404), "failed completion_outcome_unknown"),
        (Answer(status: 401), "failed completion_outcome_unknown"), (Answer(status: 204), "later malformed_answer"),
    ]) func aLookThatSaysNothingOfItsBytesKeepsAnUpload(answer: Answer, end: String) {
        var machine = machine(.init(mint: Sample.mint, grant: true))
        let refusal = Answer(status: 403)
        let actions = machine.run([.offset(60), refusal, .offset(60), refusal, answer])
        #expect(Array(actions.suffix(2)) == [end, "stop"])
    }

    @Test(arguments: [
        (401, "parked credentials credentials_refused"), (403, "parked permission permission_refused"),
    ]) func noGrantIsTakenForEver(status: Int, end: String) {
        let plan = UploadMachine.Plan(mint: Sample.mint, maximumRestarts: 2)
        var machine = UploadMachine(upload: Sample.upload(.transfer, completing: true, restarts: 2), plan: plan)
        let refusal = Answer(status: status)
        let actions = machine.run([.offset(0), refusal, .offset(0), refusal, .offset(0)])
        #expect(actions.suffix(2) == [end, "stop"])
    }
}
