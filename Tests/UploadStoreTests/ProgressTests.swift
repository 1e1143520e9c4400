import Testing

@testable import UploadStore

/// What each write of an owner does to its row.
@Suite(.serialized) struct ProgressTests {
    @Test func createdKnowsTheURLAndStartsAtZero() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker)
        try await fixture.store.created(claim, url: "https://tus.example.org/files/9", completing: true)
        let row = try await fixture.row(claim.uploadID)
        #expect(row.status == .processing)
        #expect(row.phase == .transfer)
        #expect(row.uploadURL == "https://tus.example.org/files/9")
        #expect(row.uploadOffset == 0)
        #expect(row.completing)
        #expect(row.attempt == 0)
    }

    @Test func createdEndsTheErrorsBeforeIt() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let first = try await fixture.claimed(worker)
        try await fixture.store.tryLater(first, at: StoreFixture.now, code: "timeout", message: "slow")
        let claim = try #require(try await fixture.claim(worker).first).claim
        try await fixture.store.created(claim, url: "https://tus.example.org/files/9", completing: false)
        let row = try await fixture.row(claim.uploadID)
        #expect(row.attempt == 0)
        #expect(row.retryAt == nil)
        #expect(row.lastErrorCode == nil)
        #expect(row.lastError == nil)
    }

    /// The offset before, the one acknowledged, and whether that is progress.
    @Test(arguments: [(0, 10, true), (10, 10, false), (10, 5, false), (10, 0, false), (10, 100, true)])
    func onlyAnAdvanceResetsAttemptsAndCrashes(before: Int64, after: Int64, advances: Bool) async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let first = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.acknowledged(first, offset: before, completing: false)
        try await fixture.store.tryLater(first, at: StoreFixture.now, code: "timeout", message: "slow")
        try await fixture.set("crashes = 1", of: first.uploadID)
        let claim = try #require(try await fixture.claim(worker).first).claim
        try await fixture.store.acknowledged(claim, offset: after, completing: false)
        let row = try await fixture.row(claim.uploadID)
        #expect(row.uploadOffset == after)
        #expect(row.attempt == (advances ? 0 : 1))
        #expect(row.crashes == (advances ? 0 : 1))
    }

    @Test func acknowledgedSetsAndClearsCompleting() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.acknowledged(claim, offset: 90, completing: true)
        #expect(try await fixture.row(claim.uploadID).completing)
        try await fixture.store.acknowledged(claim, offset: 80, completing: false)
        #expect(try await fixture.row(claim.uploadID).completing == false)
    }

    @Test func offsetsAreInTheHistoryOnceAClaim() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        var claim = try await fixture.claimed(worker, in: .transfer)
        for offset in [10, 20, 30] as [Int64] {
            try await fixture.store.acknowledged(claim, offset: offset, completing: false)
        }
        try await fixture.store.released(claim)
        claim = try #require(try await fixture.claim(worker).first).claim
        for offset in [25, 40] as [Int64] {
            try await fixture.store.acknowledged(claim, offset: offset, completing: false)
        }
        let offsets = try await fixture.events(claim.uploadID).filter { $0.event == "acknowledged" }.map(\.uploadOffset)
        #expect(offsets == [25])
    }

    @Test func anOffsetBeyondTheLengthIsRefused() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        let error = try await storeError { try await fixture.store.acknowledged(claim, offset: 101, completing: false) }
        #expect(error.code == .refused)
        #expect(try await fixture.row(claim.uploadID).uploadOffset == 0)
    }

    @Test func aPlainUploadIsCompletedAndKeepsItsURL() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.acknowledged(claim, offset: 60, completing: true)
        try await fixture.store.pause(claim.uploadID)
        #expect(try await fixture.store.transferred(claim, next: .done, now: StoreFixture.now) == .pause)
        let row = try await fixture.row(claim.uploadID)
        #expect(row.status == .completed)
        #expect(row.phase == .done)
        #expect(row.uploadOffset == 100)
        #expect(row.finishedAt == StoreFixture.now)
        #expect(row.uploadURL == StoreFixture.signedURL + "/1")
        #expect(row.requested == nil)
        #expect(row.completing == false)
    }

    @Test func aGrantIsFinalizedAndForgotten() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .finalize, of: "media")
        var row = try await fixture.row(claim.uploadID)
        #expect(row.phase == .finalize)
        #expect(row.uploadOffset == 100)
        try await fixture.store.finalizeSent(claim)
        try await fixture.store.finalizeSent(claim)
        #expect(try await fixture.row(claim.uploadID).finalizeSent == 2)
        try await fixture.store.finalized(claim, response: #"{"file":{"id":"f1"}}"#, now: StoreFixture.later)
        row = try await fixture.row(claim.uploadID)
        #expect(row.status == .completed)
        #expect(row.phase == .done)
        #expect(row.response == #"{"file":{"id":"f1"}}"#)
        #expect(row.finishedAt == StoreFixture.later)
        #expect(row.uploadToken == nil)
        #expect(row.endpoint == nil)
        #expect(row.uploadURL == nil)
    }

    @Test func tryLaterCountsAndKeepsTheOffset() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.acknowledged(claim, offset: 60, completing: true)
        try await fixture.store.tryLater(claim, at: StoreFixture.later, code: "timeout", message: "slow")
        let row = try await fixture.row(claim.uploadID)
        #expect(row.status == .pending)
        #expect(row.phase == .transfer)
        #expect(row.attempt == 1)
        #expect(row.retryAt == StoreFixture.later)
        #expect(row.uploadOffset == 60)
        #expect(row.completing, "what was in doubt stays in doubt")
        #expect(row.lastErrorCode == "timeout")
        let event = try #require(try await fixture.events(claim.uploadID).last)
        #expect(event.errorCode == "timeout")
        #expect(event.error == "slow")
    }

    @Test func goneStartsOverAndIsCounted() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.acknowledged(claim, offset: 60, completing: false)
        try await fixture.store.gone(claim, code: "http_410", message: "expired")
        let row = try await fixture.row(claim.uploadID)
        #expect(row.status == .processing)
        #expect(row.phase == .create)
        #expect(row.uploadURL == nil)
        #expect(row.uploadOffset == 0)
        #expect(row.restarts == 1)
        #expect(try await fixture.events(claim.uploadID).last?.errorCode == "http_410")
    }

    @Test func releasedCountsNothing() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        let before = try await fixture.row(claim.uploadID)
        try await fixture.store.released(claim)
        var row = try await fixture.row(claim.uploadID)
        #expect(row.status == .pending)
        row.status = .processing
        row.workerID = before.workerID
        #expect(row == before)
    }

    @Test func failedKeepsSecretsForARetry() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer, of: "media")
        try await fixture.store.failed(claim, code: "http_400", message: "no", now: StoreFixture.now)
        let row = try await fixture.row(claim.uploadID)
        #expect(row.status == .failed)
        #expect(row.finishedAt == StoreFixture.now)
        #expect(row.lastErrorCode == "http_400")
        #expect(row.lastError == "no")
        #expect(row.uploadToken == StoreFixture.token)
        #expect(row.endpoint == StoreFixture.signedURL)
        #expect(row.uploadURL == StoreFixture.signedURL + "/1")
    }

    @Test(arguments: ["credentials", "permission", "quota"])
    func parkedNamesItsReason(reason: String) async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker)
        try await fixture.store.parked(claim, reason: reason, code: "http_403", message: "no")
        let row = try await fixture.row(claim.uploadID)
        #expect(row.status == .paused)
        #expect(row.pauseReason == reason)
        #expect(row.lastErrorCode == "http_403")
        #expect(row.finishedAt == nil)
    }

    @Test func pausedHonoursTheRequest() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.pause(claim.uploadID)
        try await fixture.store.paused(claim)
        let row = try await fixture.row(claim.uploadID)
        #expect(row.status == .paused)
        #expect(row.requested == nil)
        #expect(row.pauseReason == nil)
    }

    @Test(arguments: [true, false])
    func deletedForgetsSecretsAndKeepsTheNote(withNote: Bool) async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer, of: "media")
        try await fixture.store.cancel(claim.uploadID, now: StoreFixture.now)
        try await fixture.store.deleted(
            claim,
            note: withNote ? (code: "http_500", message: "not deleted") : nil,
            now: StoreFixture.later
        )
        let row = try await fixture.row(claim.uploadID)
        #expect(row.status == .cancelled)
        #expect(row.finishedAt == StoreFixture.later)
        #expect(row.requested == nil)
        #expect(row.lastErrorCode == (withNote ? "http_500" : nil))
        #expect(row.uploadToken == nil)
        #expect(row.endpoint == nil)
        #expect(row.uploadURL == nil)
    }

    @Test(arguments: [(false, 1), (true, 0)])
    func aFinalizeThatNeverLeftIsTakenBack(wasUnsent: Bool, sent: Int) async throws {
        let fixture = try await StoreFixture()
        let claim = try await fixture.claimed(try await fixture.store.startWorker(), in: .finalize, of: "media")
        try await fixture.store.finalizeSent(claim)
        try await fixture.store.tryLater(
            claim,
            at: StoreFixture.later,
            code: "x",
            message: "y",
            finalizeWasUnsent: wasUnsent
        )
        #expect(try await fixture.row(claim.uploadID).finalizeSent == sent)
    }

    /// A request that came meanwhile is not swallowed by the end of the claim.
    @Test func aRequestedCancelOutlivesAFailure() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let failing = try await fixture.claimed(worker, in: .transfer)
        let parking = try await fixture.claimed(worker, in: .transfer)
        let waiting = try await fixture.claimed(worker, in: .transfer)
        for claim in [failing, parking, waiting] {
            try await fixture.store.cancel(claim.uploadID, now: StoreFixture.now)
        }
        try await fixture.store.failed(failing, code: "x", message: "y", now: StoreFixture.now)
        try await fixture.store.parked(parking, reason: "quota", code: "x", message: "y")
        try await fixture.store.tryLater(waiting, at: StoreFixture.later, code: "x", message: "y")
        for claim in [failing, parking, waiting] {
            let row = try await fixture.row(claim.uploadID)
            #expect(row.status == .pending && row.requested == .cancel && row.retryAt == nil)
        }
    }

    /// A deletion that the server refused for now backs off like anything else.
    @Test(arguments: [true, false])
    func aRequestThatWasTriedWaits(isOld: Bool) async throws {
        let fixture = try await StoreFixture()
        let claim = try await fixture.claimed(try await fixture.store.startWorker(), in: .transfer)
        try await fixture.store.cancel(claim.uploadID, now: StoreFixture.now)
        try await fixture.store.tryLater(
            claim,
            at: StoreFixture.later,
            code: "x",
            message: "y",
            requestIsOld: isOld
        )
        #expect(try await fixture.row(claim.uploadID).retryAt == (isOld ? StoreFixture.later : nil))
    }

    @Test func anOffsetThatGoesBackIsCounted() async throws {
        let fixture = try await StoreFixture()
        let claim = try await fixture.claimed(try await fixture.store.startWorker(), in: .transfer)
        for offset in [50, 20, 60, 10] as [Int64] {
            try await fixture.store.acknowledged(claim, offset: offset, completing: false)
        }
        #expect(try await fixture.row(claim.uploadID).restarts == 2)
    }
}
