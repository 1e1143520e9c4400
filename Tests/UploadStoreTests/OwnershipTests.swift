import Testing

@testable import UploadStore

/// Every write of an owner is in the history, and none happens once its claim is lost.
@Suite(.serialized) struct OwnershipTests {
    @Test(arguments: OwnerWrite.all)
    func writesItsEventsWithItsWorkerAndGeneration(write: OwnerWrite) async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: write.phase)
        let before = try await fixture.events(claim.uploadID)
        try await write.run(fixture.store, claim)
        let added = try await fixture.events(claim.uploadID).dropFirst(before.count)
        #expect(added.map(\.event) == write.events)
        for event in added {
            #expect(event.workerID == worker.id)
            #expect(event.generation == claim.generation)
        }
        let row = try await fixture.row(claim.uploadID)
        #expect((row.workerID == nil) == (row.status != .processing))
        if let last = added.last {
            #expect(last.status == row.status.rawValue)
            #expect(last.phase == row.phase.rawValue)
            #expect(last.uploadOffset == row.uploadOffset)
            #expect(last.attempt == row.attempt)
        }
    }

    enum Loss: CaseIterable {
        case anotherGeneration
        case anotherWorker
        case released
        case claimedAgain
        case takenOver
    }

    @Test(arguments: OwnerWrite.all, Loss.allCases)
    func changesNothingOnceTheClaimIsLost(write: OwnerWrite, loss: Loss) async throws {
        let fixture = try await StoreFixture()
        let other = try await fixture.store.startWorker()
        var worker: Worker? = try await fixture.store.startWorker()
        var claim = try await fixture.claimed(try #require(worker), in: write.phase)
        switch loss {
        case .anotherGeneration:
            claim.generation += 1
        case .anotherWorker:
            claim.workerID = other.id
        case .released:
            try await fixture.store.released(claim)
        case .claimedAgain:
            try await fixture.store.released(claim)
            #expect(try await fixture.claim(try #require(worker)).count == 1)
        case .takenOver:
            worker = nil
            #expect(try await fixture.takeOverDead(for: other).count == 1)
        }
        let row = try await fixture.row(claim.uploadID)
        let events = try await fixture.events(claim.uploadID)
        let error = try await storeError { try await write.run(fixture.store, claim) }
        #expect(error.code == .claimLost)
        #expect(error.message.contains("upload \(claim.uploadID)"))
        #expect(try await fixture.row(claim.uploadID) == row)
        #expect(try await fixture.events(claim.uploadID) == events)
        withExtendedLifetime(worker) {}
    }

    @Test func anOwnerHearsWhatWasRequested() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        #expect(try await fixture.store.acknowledged(claim, offset: 1, completing: false) == nil)
        try await fixture.store.pause(claim.uploadID)
        #expect(try await fixture.store.acknowledged(claim, offset: 2, completing: false) == .pause)
        try await fixture.store.cancel(claim.uploadID, now: StoreFixture.now)
        #expect(try await fixture.store.gone(claim, code: "http_404", message: "gone") == .cancel)
        #expect(try await fixture.store.created(claim, url: "https://tus.example.org/2", completing: false) == .cancel)
        #expect(try await fixture.store.transferred(claim, next: .finalize, now: StoreFixture.now) == .cancel)
        #expect(try await fixture.store.finalizeSent(claim) == .cancel)
        #expect(try await fixture.row(claim.uploadID).generation == claim.generation)
    }
}
