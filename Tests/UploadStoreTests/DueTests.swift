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
        var ends: [Int64] = []
        // The clock is set back in between.
        for time in [StoreFixture.later, StoreFixture.now] {
            let claim = try await fixture.claimed(worker)
            try await fixture.store.failed(claim, code: "x", message: "y", now: time)
            ends.append(try #require(try await fixture.events(claim.uploadID).last).sequence)
        }
        try await fixture.add(3)
        try await fixture.store.pause(3)
        try await fixture.store.cancel(4, now: StoreFixture.now)
        let all = try await fixture.store.leftovers(failedAfter: 0)
        #expect(all == (failed: 2, waiting: 2))
        let recent = try await fixture.store.leftovers(failedAfter: ends[0])
        #expect(recent == (failed: 1, waiting: 2))
        #expect(try await fixture.store.leftovers(failedAfter: ends[1]).failed == 0)
    }

    /// What is retried is no failure any more, and is one again where it fails again; what is removed takes its history along.
    @Test func leftoversAreThoseThatAreStillFailed() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        for _ in 0..<2 {
            try await fixture.store.failed(
                try await fixture.claimed(worker),
                code: "x",
                message: "y",
                now: StoreFixture.now
            )
        }
        let last = try #require(try await fixture.store.events(after: 0).last).sequence
        try await fixture.store.retry(1)
        #expect(try await fixture.store.leftovers(failedAfter: 0) == (failed: 1, waiting: 1))
        let again = try #require(try await fixture.claim(worker).first).claim
        try await fixture.store.failed(again, code: "x", message: "y", now: StoreFixture.now)
        _ = try await fixture.store.remove([2])
        while try await fixture.store.pruneHistory().events > 0 {}
        #expect(try await fixture.store.leftovers(failedAfter: 0).failed == 1)
        #expect(try await fixture.store.leftovers(failedAfter: last).failed == 1)
    }
}
