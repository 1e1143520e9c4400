import GRDB
import Testing

@testable import UploadStore

/// More batches than one claim takes into account.
@Suite(.serialized) struct LaneTests {
    private static let batches = ClaimRoom.mostLanes + 88

    /// A queue of many batches of one upload each.
    private static func fixture() async throws -> StoreFixture {
        let fixture = try await StoreFixture()
        _ = try await fixture.store.add(
            (0..<batches).map { number in
                var upload = StoreFixture.upload("\(number).tif")
                upload.batch = "batch-\(number + 1_000)"
                return upload
            }
        )
        return fixture
    }

    private func hasDue(_ fixture: StoreFixture) async throws -> Bool {
        try await fixture.store.hasDue(now: StoreFixture.now, horizon: StoreFixture.horizon)
    }

    @Test func pausedBatchesHideNothingBehindThem() async throws {
        let fixture = try await Self.fixture()
        try await fixture.store.commits.write { db in try db.execute(sql: "UPDATE batch SET paused = 1") }
        #expect(try await hasDue(fixture) == false)
        var last = StoreFixture.upload("last.tif")
        last.batch = "z"
        _ = try await fixture.store.add([last])
        #expect(try await hasDue(fixture))
        let worker = try await fixture.store.startWorker()
        #expect(try await fixture.claim(worker).map(\.upload.batch) == ["z"])
        #expect(try await hasDue(fixture) == false)
    }

    @Test func eachClaimGoesOnWhereTheLastOneEnded() async throws {
        let fixture = try await Self.fixture()
        let worker = try await fixture.store.startWorker()
        let turns = Turns()
        func claim(_ limit: Int) async throws -> [Int64] {
            try await fixture.store.claim(
                for: worker,
                limit: limit,
                suspects: .none,
                turns: turns,
                now: StoreFixture.now,
                horizon: StoreFixture.horizon
            ).map(\.claim.uploadID)
        }
        let last = Int64(Self.batches)
        try await fixture.set("priority = 5", of: last)
        #expect(try await claim(1) == [1], "the last batch is not looked at yet")
        #expect(try await claim(1) == [last])
        #expect(try await claim(Self.batches).count == ClaimRoom.mostLanes)
        #expect(try await claim(Self.batches).count == Self.batches - 2 - ClaimRoom.mostLanes)
        #expect(try await hasDue(fixture) == false)
    }
}
