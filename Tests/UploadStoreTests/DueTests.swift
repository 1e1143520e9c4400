import Testing

@testable import UploadStore

@Suite(.serialized) struct DueTests {
    private func hasDue(_ fixture: StoreFixture) async throws -> Bool {
        try await fixture.store.hasDue(now: StoreFixture.now, horizon: StoreFixture.horizon)
    }

    private func isDrained(_ fixture: StoreFixture) async throws -> Bool {
        try await fixture.store.isDrained(
            now: StoreFixture.now,
            soon: StoreFixture.later,
            horizon: StoreFixture.horizon,
            attempts: 3
        )
    }

    @Test func anEmptyQueueIsDrained() async throws {
        let fixture = try await StoreFixture()
        #expect(try await hasDue(fixture) == false)
        #expect(try await isDrained(fixture))
    }

    /// What is set on the one pending upload, whether it is due, and whether it is for later.
    @Test(arguments: [
        ("attempt = 0", true, false),
        ("not_before = '2026-11-22T12:00:00.000Z'", true, false),
        ("not_before = '2026-11-22T12:00:00.001Z'", false, true),
        ("retry_at = '2026-11-22T12:00:00.000Z'", true, false),
        ("retry_at = '2026-11-22T12:00:30.000Z'", false, false),
        ("retry_at = '2026-11-22T12:01:00.001Z'", false, true),
        ("retry_at = '2036-11-22T12:00:00.000Z'", true, false),
        ("attempt = 3, retry_at = '2026-11-22T12:00:30.000Z'", false, false),
        ("attempt = 4, retry_at = '2026-11-22T12:00:30.000Z'", false, true),
    ])
    func aPendingUploadIsDueOrForLater(assignment: String, isDue: Bool, isForLater: Bool) async throws {
        let fixture = try await StoreFixture()
        try await fixture.add()
        try await fixture.set(assignment, of: 1)
        #expect(try await hasDue(fixture) == isDue)
        #expect(try await isDrained(fixture) == isForLater)
        let worker = try await fixture.store.startWorker()
        #expect(try await fixture.claim(worker).isEmpty == !isDue, "a claim agrees")
    }

    @Test(arguments: [("2026-11-22T12:00:30.000Z", false), ("2026-11-22T12:10:00.000Z", true)])
    func aPausedDestinationHoldsItsUploadsBack(until: String, isForLater: Bool) async throws {
        let fixture = try await StoreFixture()
        try await fixture.add()
        try await fixture.store.pauseDestination("archive", until: until, horizon: StoreFixture.horizon)
        #expect(try await hasDue(fixture) == false)
        #expect(try await isDrained(fixture) == isForLater)
    }

    @Test func whatIsWorkedIsNotDrainedAndWhatIsPausedOrFinishedIs() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker)
        #expect(try await hasDue(fixture) == false)
        #expect(try await isDrained(fixture) == false)
        try await fixture.store.paused(claim)
        #expect(try await isDrained(fixture))
        try await fixture.store.cancel(1, now: StoreFixture.now)
        #expect(try await isDrained(fixture))
        #expect(try await hasDue(fixture) == false)
    }

    @Test func leftoversAreCounted() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        for time in [StoreFixture.now, StoreFixture.later] {
            let claim = try await fixture.claimed(worker)
            try await fixture.store.failed(claim, code: "x", message: "y", now: time)
        }
        try await fixture.add(3)
        try await fixture.store.pause(3)
        try await fixture.store.cancel(4, now: StoreFixture.now)
        let all = try await fixture.store.leftovers(failedSince: StoreFixture.now)
        #expect(all == (failed: 2, waiting: 2))
        let recent = try await fixture.store.leftovers(failedSince: StoreFixture.later)
        #expect(recent == (failed: 1, waiting: 2))
    }
}
