import Testing

@testable import UploadStore

/// What anyone may ask of an upload.
@Suite(.serialized) struct RequestsTests {
    /// Else a host that took none of the bounded number of grants would be asked with the last of them for ever.
    @Test func whatIsResumedMayStartOverAgain() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.gone(claim, code: "http_404", message: "gone")
        try await fixture.store.parked(claim, reason: "credentials", code: "http_401", message: "no")
        #expect(try await fixture.row(claim.uploadID).restarts == 1)
        try await fixture.store.resume(claim.uploadID)
        #expect(try await fixture.row(claim.uploadID).restarts == 0)
    }

    /// A finalize that its host did not take is none: not while a person is waited for, and not afterwards.
    @Test func whatIsParkedUnfinalizedHasSentNone() async throws {
        let fixture = try await StoreFixture()
        let claim = try await fixture.claimed(try await fixture.store.startWorker(), in: .finalize, of: "media")
        try await fixture.store.finalizeSent(claim)
        try await fixture.store.parkedUnfinalized(claim, reason: "credentials", code: "http_401", message: "no")
        var row = try await fixture.row(claim.uploadID)
        #expect(row.status == .paused && row.pauseReason == "credentials" && row.lastErrorCode == "http_401")
        #expect(row.finalizeSent == 0 && row.workerID == nil && row.uploadToken != nil)
        #expect(try await fixture.events(claim.uploadID).suffix(2).map(\.event) == ["try later", "pause"])
        try await fixture.store.resume(claim.uploadID)
        row = try await fixture.row(claim.uploadID)
        #expect(row.status == .pending && row.phase == .finalize && row.pauseReason == nil)
    }

    @Test func aCancelOutlivesAParkedFinalize() async throws {
        let fixture = try await StoreFixture()
        let claim = try await fixture.claimed(try await fixture.store.startWorker(), in: .finalize, of: "media")
        try await fixture.store.finalizeSent(claim)
        try await fixture.store.cancel(claim.uploadID, now: StoreFixture.now)
        try await fixture.store.parkedUnfinalized(claim, reason: "credentials", code: "http_401", message: "no")
        let row = try await fixture.row(claim.uploadID)
        #expect(row.status == .pending && row.requested == .cancel && row.pauseReason == nil)
    }

    @Test func aPendingUploadIsPausedAndResumed() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker)
        try await fixture.store.tryLater(claim, at: StoreFixture.later, code: "timeout", message: "slow")
        try await fixture.store.pause(1)
        #expect(try await fixture.row(1).status == .paused)
        #expect(try await fixture.claim(worker, now: StoreFixture.horizon).isEmpty)
        try await fixture.store.resume(1)
        let row = try await fixture.row(1)
        #expect(row.status == .pending)
        #expect(row.attempt == 0)
        #expect(row.retryAt == nil)
        #expect(try await fixture.events(1).map(\.event) == ["add", "claim", "try later", "pause", "resume"])
    }

    @Test func aProcessingUploadIsOnlyAsked() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker)
        try await fixture.store.pause(1)
        var row = try await fixture.row(1)
        #expect(row.status == .processing)
        #expect(row.requested == .pause)
        #expect(row.generation == claim.generation)
        try await fixture.store.resume(1)
        #expect(try await fixture.row(1).requested == nil)
        try await fixture.store.cancel(1, now: StoreFixture.now)
        row = try await fixture.row(1)
        #expect(row.status == .processing)
        #expect(row.requested == .cancel)
        #expect(try await fixture.events(1).map(\.event) == ["add", "claim", "request pause", "request cancel"])
    }

    @Test func aCancelIsNotForgottenByAPauseOrAResume() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.cancel(1, now: StoreFixture.now)
        #expect(try await storeError { try await fixture.store.pause(1) }.code == .refused)
        try await fixture.store.resume(1)
        #expect(try await fixture.row(1).requested == .cancel)
        try await fixture.store.released(claim)
        #expect(try await storeError { try await fixture.store.pause(1) }.code == .refused)
        try await fixture.store.resume(1)
        let row = try await fixture.row(1)
        #expect(row.status == .pending)
        #expect(row.requested == .cancel)
    }

    @Test func aRequestSurvivesReleaseAndTakeover() async throws {
        let fixture = try await StoreFixture()
        let other = try await fixture.store.startWorker()
        var worker: Worker? = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(try #require(worker), in: .transfer)
        try await fixture.store.cancel(1, now: StoreFixture.now)
        try await fixture.store.released(claim)
        #expect(try await fixture.row(1).requested == .cancel)
        _ = try await fixture.claim(try #require(worker))
        worker = nil
        _ = try await fixture.takeOverDead(for: other)
        #expect(try await fixture.row(1).requested == .cancel)
        withExtendedLifetime(worker) {}
    }

    @Test(arguments: [Status.pending, .paused, .failed])
    func cancelIsAtOnceWhereTheServerHasNothing(status: Status) async throws {
        let fixture = try await StoreFixture()
        try await bring(fixture, to: status, in: .create, of: "media")
        try await fixture.store.cancel(1, now: StoreFixture.later)
        let row = try await fixture.row(1)
        #expect(row.status == .cancelled)
        #expect(row.finishedAt == StoreFixture.later)
        #expect(row.uploadToken == nil)
        #expect(row.endpoint == nil)
        #expect(try await fixture.events(1).last?.event == "cancel")
    }

    @Test(arguments: [Status.pending, .paused, .failed], [Phase.transfer, .finalize])
    func cancelLeavesATombstoneWhereTheServerHasSomething(status: Status, phase: Phase) async throws {
        let fixture = try await StoreFixture()
        try await bring(fixture, to: status, in: phase, of: "media")
        try await fixture.store.cancel(1, now: StoreFixture.later)
        let row = try await fixture.row(1)
        #expect(row.status == .pending)
        #expect(row.phase == phase)
        #expect(row.requested == .cancel)
        #expect(row.finishedAt == nil)
        #expect(row.uploadURL != nil)
        #expect(row.uploadToken == StoreFixture.token)
        #expect(try await fixture.events(1).last?.event == (status == .pending ? "request cancel" : "cancel"))
        let worker = try await fixture.store.startWorker()
        let claim = try #require(try await fixture.claim(worker).first)
        #expect(claim.upload.requested == .cancel)
    }

    @Test func whatIsFinishedIsNotCancelledAgain() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add()
        try await fixture.store.cancel(1, now: StoreFixture.now)
        let again = try await storeError { try await fixture.store.cancel(1, now: StoreFixture.later) }
        #expect(again.code == .refused)
        #expect(again.message.contains("upload 1 is cancelled already"))
        #expect(try await fixture.row(1).finishedAt == StoreFixture.now)
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.transferred(claim, next: .done, now: StoreFixture.now)
        #expect(try await storeError { try await fixture.store.cancel(2, now: StoreFixture.now) }.code == .refused)
    }

    @Test(arguments: [Phase.create, .transfer, .finalize])
    func aFailedUploadGoesOnWhereItFailed(phase: Phase) async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: phase, of: "media")
        if phase == .finalize { try await fixture.store.finalizeSent(claim) }
        try await fixture.store.failed(claim, code: "x", message: "y", now: StoreFixture.now)
        try await fixture.set("crashes = 2, attempt = 3", of: 1)
        try await fixture.store.retry(1)
        let row = try await fixture.row(1)
        #expect(row.status == .pending)
        #expect(row.phase == phase)
        #expect(row.finishedAt == nil)
        #expect(row.attempt == 0)
        #expect(row.crashes == 0)
        #expect(row.finalizeSent == 0)
        #expect(row.uploadToken == StoreFixture.token)
        #expect(try await fixture.events(1).last?.event == "retry")
        #expect(try await fixture.claim(worker).count == 1)
    }

    /// Its worker may have died after the request whose outcome nobody knows.
    @Test(arguments: [("poison", 1), ("source_missing", 1), ("finalize_outcome_unknown", 0)])
    func whatNobodyWasToldOfIsStillInDoubt(code: String, sent: Int) async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let finalizing = try await fixture.claimed(worker, in: .finalize, of: "media")
        try await fixture.store.finalizeSent(finalizing)
        let sending = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.acknowledged(sending, offset: 60, completing: true)
        for claim in [finalizing, sending] {
            try await fixture.store.failed(claim, code: code, message: "y", now: StoreFixture.now)
            try await fixture.store.retry(claim.uploadID)
        }
        #expect(try await fixture.row(finalizing.uploadID).finalizeSent == sent)
        #expect(try await fixture.row(sending.uploadID).completing == (sent == 1))
        #expect(try await fixture.claim(worker).count == 2)
    }

    @Test func aCancelledUploadStartsOver() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.acknowledged(claim, offset: 60, completing: true)
        try await fixture.store.deleted(claim, note: nil, now: StoreFixture.now)
        #expect(try await fixture.row(1).uploadURL != nil, "a plain upload's URL is no secret")
        try await fixture.store.retry(1)
        let row = try await fixture.row(1)
        #expect(row.status == .pending)
        #expect(row.phase == .create)
        #expect(row.uploadURL == nil)
        #expect(row.uploadOffset == 0)
        #expect(row.completing == false)
        #expect(row.finishedAt == nil)
        #expect(try await fixture.events(1).last?.event == "retry")
    }

    @Test func aCancelledGrantCannotBeRetried() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(to: "media")
        try await fixture.store.cancel(1, now: StoreFixture.now)
        let error = try await storeError { try await fixture.store.retry(1) }
        #expect(error.code == .refused)
        #expect(error.message.contains("upload 1 forgot its grant"))
        #expect(try await fixture.row(1).status == .cancelled)
    }

    @Test func onlyWhatFitsIsAccepted() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add()
        #expect(try await storeError { try await fixture.store.retry(1) }.code == .refused)
        try await fixture.store.cancel(1, now: StoreFixture.now)
        #expect(try await storeError { try await fixture.store.pause(1) }.message.contains("upload 1 is cancelled"))
        #expect(try await storeError { try await fixture.store.resume(1) }.code == .refused)
        for missing in [
            try await storeError { try await fixture.store.pause(9) },
            try await storeError { try await fixture.store.resume(9) },
            try await storeError { try await fixture.store.cancel(9, now: StoreFixture.now) },
            try await storeError { try await fixture.store.retry(9) },
        ] {
            #expect(missing.code == .notFound)
            #expect(missing.message == "there is no upload 9")
        }
    }

    private func bring(_ fixture: StoreFixture, to status: Status, in phase: Phase, of destination: String) async throws
    {
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: phase, of: destination)
        switch status {
        case .failed: try await fixture.store.failed(claim, code: "x", message: "y", now: StoreFixture.now)
        case .paused: try await fixture.store.paused(claim)
        default: try await fixture.store.tryLater(claim, at: StoreFixture.horizon, code: "x", message: "y")
        }
    }
}
