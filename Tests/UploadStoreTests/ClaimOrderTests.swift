import GRDB
import Testing

@testable import UploadStore

/// Whose turn it is.
@Suite(.serialized) struct ClaimOrderTests {
    private let turns = Turns()

    /// The ids of so many claims, one after another.
    private func claims(_ count: Int, _ fixture: StoreFixture, _ worker: Worker, at once: Int = 1) async throws
        -> [Int64]
    {
        var ids: [Int64] = []
        for _ in 0..<count {
            ids += try await fixture.store.claim(
                for: worker,
                limit: once,
                suspects: .none,
                turns: turns,
                now: StoreFixture.now,
                horizon: StoreFixture.horizon
            ).map(\.claim.uploadID)
        }
        return ids
    }

    private func add(
        _ fixture: StoreFixture,
        _ count: Int,
        batch: String = "",
        priority: Int = 0,
        to destination: String = "archive"
    ) async throws {
        let uploads = (0..<count).map { number in
            var upload = StoreFixture.upload("\(batch)-\(number)", to: destination)
            upload.batch = batch
            upload.priority = priority
            return upload
        }
        _ = try await fixture.store.add(uploads)
    }

    @Test func higherPrioritiesGoFirstThenTheOldest() async throws {
        let fixture = try await StoreFixture()
        try await add(fixture, 2, priority: -1)
        try await add(fixture, 2)
        try await add(fixture, 2, priority: 1000)
        let worker = try await fixture.store.startWorker()
        #expect(try await claims(1, fixture, worker, at: 6) == [5, 6, 3, 4, 1, 2])
    }

    @Test(arguments: [1, 4]) func batchesTakeTurns(once: Int) async throws {
        let fixture = try await StoreFixture()
        try await add(fixture, 50, batch: "large")
        try await add(fixture, 2, batch: "small")
        try await add(fixture, 2)
        let worker = try await fixture.store.startWorker()
        let ids = try await claims(8 / once, fixture, worker, at: once)
        #expect(Set(ids.prefix(3)) == [1, 51, 53], "the first of each")
        #expect(Set(ids.prefix(6)) == [1, 2, 51, 52, 53, 54])
        #expect(ids.suffix(2) == [3, 4])
    }

    /// Many batches at one destination count as much as none at another.
    @Test func destinationsTakeTurnsWhateverTheirBatches() async throws {
        let fixture = try await StoreFixture()
        for batch in ["a", "b", "c"] { try await add(fixture, 10, batch: batch) }
        try await add(fixture, 10, to: "media")
        let worker = try await fixture.store.startWorker()
        let ids = try await claims(10, fixture, worker)
        #expect(ids.count { $0 > 30 } == 5)
        #expect(Set(ids.filter { $0 <= 30 }) == [1, 2, 11, 12, 21])
    }

    @Test func aPriorityGoesBeforeATurn() async throws {
        let fixture = try await StoreFixture()
        try await add(fixture, 3, batch: "urgent", priority: 5)
        try await add(fixture, 3, batch: "usual")
        let worker = try await fixture.store.startWorker()
        #expect(try await claims(4, fixture, worker) == [1, 2, 3, 4])
    }

    /// More lanes than one claim looks at: each has its turn all the same.
    @Test func everyLaneIsReached() async throws {
        let fixture = try await StoreFixture()
        let lanes = ClaimRoom.mostLanes + 100
        let uploads = (0..<lanes).map { number in
            var upload = StoreFixture.upload("\(number)")
            upload.batch = "batch \(number)"
            return upload
        }
        _ = try await fixture.store.add(uploads)
        let worker = try await fixture.store.startWorker()
        var ids: Set<Int64> = []
        for _ in 0..<10 { ids.formUnion(try await claims(1, fixture, worker, at: 100)) }
        #expect(ids.count == lanes)
    }

    @Test func nothingGoesBeyondTheQueuesLimit() async throws {
        let fixture = try await StoreFixture()
        try await add(fixture, 10)
        try await fixture.store.setLimits(Limits(concurrency: 3), of: nil)
        let worker = try await fixture.store.startWorker()
        let other = try await fixture.store.startWorker()
        #expect(try await claims(1, fixture, worker, at: 2) == [1, 2])
        #expect(try await claims(1, fixture, other, at: 5) == [3], "the limit is of all workers together")
        #expect(try await claims(1, fixture, other, at: 5).isEmpty)
        try await fixture.store.released(Claim(uploadID: 1, workerID: worker.id, generation: 1))
        #expect(try await claims(1, fixture, other, at: 5) == [1])
        try await fixture.store.setLimits(Limits(), of: nil)
        #expect(try await claims(1, fixture, other, at: 100).count == 7)
    }

    @Test func aDestinationsLimitLeavesTheOthersFree() async throws {
        let fixture = try await StoreFixture()
        try await add(fixture, 10)
        try await add(fixture, 10, to: "media")
        try await fixture.store.setLimits(Limits(concurrency: 1), of: "archive")
        let worker = try await fixture.store.startWorker()
        let ids = try await claims(1, fixture, worker, at: 6)
        #expect(ids.count { $0 <= 10 } == 1)
        #expect(ids.count == 6)
        #expect(try await fixture.store.limits().destinations == ["archive": Limits(concurrency: 1)])
        #expect(try await fixture.store.limits().inHand == [worker.id: ["archive": 1, "media": 5]])
    }

    @Test(arguments: [Scope.queue, .destination("archive"), .batch("b")])
    func whatIsPausedAsAWholeIsNotClaimed(scope: Scope) async throws {
        let fixture = try await StoreFixture()
        try await add(fixture, 2, batch: "b")
        try await add(fixture, 1, to: "media")
        try await fixture.store.setPaused(true, scope)
        #expect(try await fixture.store.isPaused(scope))
        try await add(fixture, 1, batch: "b")
        let worker = try await fixture.store.startWorker()
        let isDue = try await fixture.store.hasDue(now: StoreFixture.now, horizon: StoreFixture.horizon)
        #expect(isDue == (scope != .queue))
        #expect(try await claims(1, fixture, worker, at: 9) == (scope == .queue ? [] : [3]))
        let isDrained = try await fixture.store.isDrained(
            now: StoreFixture.now,
            soon: StoreFixture.later,
            horizon: StoreFixture.horizon,
            attempts: 5
        )
        #expect(isDrained == (scope == .queue), "what is in hand is still worked")
        try await fixture.store.setPaused(false, scope)
        #expect(try await claims(1, fixture, worker, at: 9).count == (scope == .queue ? 4 : 3))
    }

    @Test func theWorkerOfWhatIsPausedAsAWholeIsTold() async throws {
        let fixture = try await StoreFixture()
        try await add(fixture, 1, batch: "b")
        let worker = try await fixture.store.startWorker()
        let claim = try #require(try await fixture.claim(worker).first).claim
        #expect(try await fixture.store.created(claim, url: "https://tus.example.org/1", completing: false) == nil)
        try await fixture.store.setPaused(true, .batch("b"))
        #expect(try await fixture.store.acknowledged(claim, offset: 10, completing: false) == .hold)
        try await fixture.store.cancel(1, now: StoreFixture.now)
        #expect(try await fixture.store.acknowledged(claim, offset: 20, completing: false) == .cancel)
        #expect(try await fixture.row(1).requested == .cancel)
    }

    @Test func aScopeThatIsNotThereIsRefused() async throws {
        let fixture = try await StoreFixture()
        for scope in [Scope.destination("none"), .batch("none")] {
            #expect(try await storeError { try await fixture.store.setPaused(true, scope) }.code == .notFound)
        }
        let error = try await storeError { try await fixture.store.setLimits(Limits(concurrency: 1), of: "none") }
        #expect(error.code == .notFound)
    }

    /// After a destination asked its clients to wait, one upload goes first; the others follow once it gets on.
    @Test func oneUploadGoesFirst() async throws {
        let fixture = try await StoreFixture()
        try await add(fixture, 5)
        try await fixture.store.pauseDestination("archive", until: StoreFixture.now, horizon: StoreFixture.horizon)
        let worker = try await fixture.store.startWorker()
        let first = try await fixture.claim(worker)
        #expect(first.map(\.claim.uploadID) == [1])
        #expect(first.first?.destinationRetryAt == StoreFixture.now)
        #expect(try await fixture.claim(worker).isEmpty)

        // Another answer asked for more time meanwhile: that stays.
        try await fixture.store.pauseDestination("archive", until: StoreFixture.later, horizon: StoreFixture.horizon)
        try await fixture.store.reopenDestination("archive", after: StoreFixture.now)
        #expect(try await fixture.claim(worker).isEmpty)
        try await fixture.store.reopenDestination("archive", after: StoreFixture.later)
        #expect(try await fixture.claim(worker).map(\.claim.uploadID) == [2, 3, 4, 5])
    }

    @Test func aDeadlineEndsWhatWasNotBegun() async throws {
        let fixture = try await StoreFixture()
        var upload = StoreFixture.upload()
        upload.deadline = StoreFixture.later
        _ = try await fixture.store.add([upload, upload, upload])
        let worker = try await fixture.store.startWorker()
        let begun = try #require(try await fixture.claim(worker, limit: 1).first).claim
        try await fixture.store.cancel(3, now: StoreFixture.now)
        #expect(try await fixture.store.nextDue(after: StoreFixture.now) == StoreFixture.later)
        #expect(try await fixture.claim(worker, now: StoreFixture.later).isEmpty)
        #expect(try await fixture.row(1).status == .processing, "what is in hand goes on")
        let late = try await fixture.row(2)
        #expect(
            late.status == .failed && late.lastErrorCode == "deadline_passed" && late.finishedAt == StoreFixture.later
        )
        #expect(try await fixture.events(2).map(\.event) == ["add", "deadline passed"])

        try await fixture.store.retry(2)
        #expect(try await fixture.row(2).deadline == nil)
        #expect(try await fixture.claim(worker, now: StoreFixture.later).map(\.claim.uploadID) == [2])
        try await fixture.store.released(begun)
        #expect(
            try await fixture.claim(worker, now: StoreFixture.later).isEmpty,
            "it fails as soon as it is given back"
        )
    }

    /// Once all bytes may be at the server, what is left to do is done.
    @Test func aDeadlineDoesNotEndWhatMayBeWhole() async throws {
        let fixture = try await StoreFixture()
        var upload = StoreFixture.upload()
        upload.deadline = StoreFixture.later
        _ = try await fixture.store.add([upload, upload])
        let worker = try await fixture.store.startWorker()
        let claims = try await fixture.claim(worker).map(\.claim)
        for claim in claims {
            try await fixture.store.created(claim, url: "https://tus.example.org/1", completing: claim == claims[0])
        }
        try await fixture.store.transferred(claims[1], next: .confirm, now: StoreFixture.now)
        for claim in claims { try await fixture.store.released(claim) }
        #expect(try await fixture.store.nextDue(after: StoreFixture.now) == nil)
        #expect(try await fixture.claim(worker, now: StoreFixture.horizon).map(\.claim.uploadID) == [1, 2])
    }

    /// More than one transaction makes ready are made ready all the same.
    @Test func everyUploadWhoseTimeHasComeIsReached() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(1700)
        try await fixture.store.commits.write { db in
            try db.execute(sql: "UPDATE upload SET retry_at = '\(StoreFixture.now)', batch = batch")
        }
        try await fixture.store.setPaused(true, .destination("archive"))
        try await add(fixture, 1, to: "media")
        let worker = try await fixture.store.startWorker()
        #expect(try await fixture.claim(worker).map(\.claim.uploadID) == [1701])
        for _ in 0..<4 { _ = try await fixture.claim(worker) }
        let left = try await fixture.store.query("SELECT count(*) FROM upload WHERE retry_at IS NOT NULL").rows
        #expect(left == [["0"]])
        #expect(try await fixture.store.hasDue(now: StoreFixture.now, horizon: StoreFixture.horizon) == false)
    }
}
