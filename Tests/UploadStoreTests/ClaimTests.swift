import GRDB
import Testing

@testable import UploadStore

@Suite(.serialized) struct ClaimTests {
    @Test func takesTheOldestFirstUpToItsLimit() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(5)
        let worker = try await fixture.store.startWorker()
        #expect(try await fixture.claim(worker, limit: 2).map(\.claim.uploadID) == [1, 2])
        #expect(try await fixture.claim(worker, limit: 2).map(\.claim.uploadID) == [3, 4])
        #expect(try await fixture.claim(worker, limit: 2).map(\.claim.uploadID) == [5])
        #expect(try await fixture.claim(worker, limit: 2).isEmpty)
    }

    @Test func givesTheRowAndItsDestination() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(to: "media")
        let worker = try await fixture.store.startWorker()
        let claimed = try #require(try await fixture.claim(worker).first)
        #expect(claimed.claim == Claim(uploadID: 1, workerID: worker.id, generation: 1))
        #expect(claimed.upload == (try await fixture.row(1)))
        #expect(claimed.upload.status == .processing)
        #expect(claimed.upload.workerID == worker.id)
        #expect(claimed.destination == DestinationRow(name: "media", endpoint: nil, finalize: "wix"))
        let event = try #require(try await fixture.events(1).last)
        #expect(event.event == "claim")
        #expect(event.workerID == worker.id)
        #expect(event.generation == 1)
    }

    @Test func eachClaimIsTheNextGeneration() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add()
        let worker = try await fixture.store.startWorker()
        for generation in 1...3 as ClosedRange<Int64> {
            let claim = try #require(try await fixture.claim(worker).first).claim
            #expect(claim.generation == generation)
            try await fixture.store.released(claim)
        }
    }

    @Test(arguments: ["not_before", "retry_at"])
    func waitsUntilItIsDue(column: String) async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(2)
        try await fixture.set("\(column) = '\(StoreFixture.later)'", of: 1)
        let worker = try await fixture.store.startWorker()
        #expect(try await fixture.claim(worker, now: "2026-11-22T12:00:59.999Z").map(\.claim.uploadID) == [2])
        #expect(try await fixture.claim(worker, now: StoreFixture.later).map(\.claim.uploadID) == [1])
    }

    @Test func aPausedDestinationHoldsItsOwnUploadsBack() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(to: "archive")
        try await fixture.add(to: "media")
        try await fixture.store.pauseDestination("archive", until: StoreFixture.later, horizon: StoreFixture.horizon)
        let worker = try await fixture.store.startWorker()
        #expect(try await fixture.claim(worker).map(\.claim.uploadID) == [2])
        #expect(try await fixture.claim(worker, now: StoreFixture.later).map(\.claim.uploadID) == [1])
    }

    @Test func aBackOffBeyondTheHorizonCountsAsOver() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(3)
        try await fixture.set("retry_at = '2026-11-22T13:00:00.001Z'", of: 1)
        try await fixture.set("retry_at = '\(StoreFixture.horizon)'", of: 2)
        try await fixture.set("not_before = '2099-01-01T00:00:00.000Z'", of: 3)
        let worker = try await fixture.store.startWorker()
        #expect(try await fixture.claim(worker).map(\.claim.uploadID) == [1], "the user's own wish is not clamped")

        try await fixture.add(to: "media")
        try await fixture.store.pauseDestination(
            "media",
            until: "2099-01-01T00:00:00.000Z",
            horizon: StoreFixture.horizon
        )
        #expect(try await fixture.claim(worker).map(\.claim.uploadID) == [4])
    }

    @Test(arguments: [Status.paused, .completed, .failed, .cancelled])
    func takesOnlyPendingOnes(status: Status) async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        switch status {
        case .paused: try await fixture.store.paused(claim)
        case .completed: try await fixture.store.transferred(claim, next: .done, now: StoreFixture.now)
        case .failed: try await fixture.store.failed(claim, code: "x", message: "y", now: StoreFixture.now)
        default: try await fixture.store.deleted(claim, note: nil, now: StoreFixture.now)
        }
        #expect(try await fixture.row(1).status == status)
        #expect(try await fixture.claim(worker, suspects: .aloneFirst, now: StoreFixture.horizon).isEmpty)
    }

    @Test func aSuspectIsTakenAloneOrNotAtAll() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(4)
        try await fixture.set("crashes = 2", of: 2)
        try await fixture.set("crashes = 3", of: 3)
        try await fixture.set("crashes = 1", of: 4)
        let worker = try await fixture.store.startWorker()
        #expect(try await fixture.claim(worker, suspects: .aloneFirst).map(\.claim.uploadID) == [2])
        #expect(try await fixture.claim(worker, suspects: .none).map(\.claim.uploadID) == [1, 4])
        #expect(try await fixture.claim(worker, suspects: .none).isEmpty)
        #expect(try await fixture.claim(worker, suspects: .aloneFirst).map(\.claim.uploadID) == [3])
        #expect(try await fixture.claim(worker, suspects: .aloneFirst).isEmpty)
    }

    @Test func withoutASuspectTheRestIsTaken() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(3)
        let worker = try await fixture.store.startWorker()
        #expect(try await fixture.claim(worker, suspects: .aloneFirst).count == 3)
    }

    @Test func nothingIsClaimedFromANewerSchema() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add()
        let worker = try await fixture.store.startWorker()
        try Shell(path: fixture.path).run(
            "INSERT INTO schema_migration (version, name, sha256) VALUES (\(Migration.latest + 1), 'next', 'x')"
        )
        #expect(try await storeError { _ = try await fixture.claim(worker) }.code == .newerSchema)
        #expect(try await fixture.row(1).status == .pending)
        #expect(try await fixture.events(1).map(\.event) == ["add"])
    }

    @Test func aWorkerWithoutARowClaimsNothing() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add()
        let worker = try await fixture.store.startWorker()
        try Shell(path: fixture.path).run("DELETE FROM worker")
        #expect(try await storeError { _ = try await fixture.claim(worker) }.code == .refused)
        #expect(try await fixture.row(1).status == .pending)
    }

    @Test func nothingIsClaimedTwiceByStoresThatRace() async throws {
        let fixture = try await StoreFixture()
        let second = try Store.open(path: fixture.path)
        let workers = [
            (fixture.store, try await fixture.store.startWorker()), (second, try await second.startWorker()),
        ]
        var ids: [Int64] = []
        var claims: [Claim] = []
        // One store can be so fast that the other finds nothing; then it was no race.
        while Set(claims.map(\.workerID)).count < 2 {
            try #require(ids.count < 30_000, "the stores never worked at the same time")
            ids += try await fixture.add(300)
            claims += try await race(workers)
        }
        #expect(claims.map(\.uploadID).sorted() == ids)
        #expect(Set(claims.map(\.generation)) == [1])
        let counts = try await fixture.store.query("SELECT event, count(*) FROM upload_event GROUP BY event").rows
        #expect(counts == [["add", String(ids.count)], ["claim", String(ids.count)]])
    }

    /// Many tasks of every store claim until nothing is left.
    private func race(_ workers: [(Store, Worker)]) async throws -> [Claim] {
        try await withThrowingTaskGroup(of: [Claim].self) { group in
            for (store, worker) in Array(repeating: workers, count: 8).joined() {
                group.addTask {
                    var mine: [Claim] = []
                    while true {
                        let claimed = try await store.claim(
                            for: worker,
                            limit: 7,
                            suspects: .aloneFirst,
                            now: StoreFixture.now,
                            horizon: StoreFixture.horizon
                        )
                        if claimed.isEmpty { return mine }
                        mine += claimed.map(\.claim)
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }
}
