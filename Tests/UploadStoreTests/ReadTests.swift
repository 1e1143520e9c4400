import Testing

@testable import UploadStore

@Suite(.serialized) struct ReadTests {
    @Test func filtersAndPages() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(3)
        try await fixture.add(2, to: "media")
        try await fixture.store.pause(2)
        try await fixture.store.cancel(4, now: StoreFixture.now)
        func ids(_ filter: UploadFilter) async throws -> [Int64] {
            try await fixture.store.uploads(matching: filter).map(\.id)
        }
        #expect(try await ids(UploadFilter()) == [1, 2, 3, 4, 5])
        #expect(try await ids(UploadFilter(statuses: [.paused, .cancelled])) == [2, 4])
        #expect(try await ids(UploadFilter(destination: "media")) == [4, 5])
        #expect(try await ids(UploadFilter(statuses: [.pending], destination: "archive", after: 1)) == [3])
        #expect(try await ids(UploadFilter(after: 1, limit: 2)) == [2, 3])
        #expect(try await fixture.store.upload(6) == nil)
    }

    @Test func eventsGoOnAfterTheLastOneRead() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(2)
        try await fixture.store.pause(1)
        let first = try await fixture.store.events(after: 0, limit: 2)
        #expect(first.map(\.uploadID) == [1, 2])
        let rest = try await fixture.store.events(after: try #require(first.last).sequence)
        #expect(rest.map(\.event) == ["pause"])
        #expect(try await fixture.store.events(after: 0, uploadID: 1).map(\.event) == ["add", "pause"])
        #expect(Timestamp.date(rest.first?.at) != nil)
    }

    @Test func summarizesByStatus() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(2)
        let worker = try await fixture.store.startWorker()
        let claim = try #require(try await fixture.claim(worker, limit: 1).first).claim
        try await fixture.store.created(claim, url: "https://tus.example.org/1", completing: false)
        try await fixture.store.acknowledged(claim, offset: 30, completing: false)
        #expect(
            try await fixture.store.summary() == [
                StatusSummary(status: .pending, uploads: 1, bytesThere: 0, bytes: 100),
                StatusSummary(status: .processing, uploads: 1, bytesThere: 30, bytes: 100),
            ]
        )
    }

    @Test func tellsWhenTheNextOneIsDue() async throws {
        let fixture = try await StoreFixture()
        #expect(try await fixture.store.nextDue(after: StoreFixture.now) == nil)
        try await fixture.add(4)
        #expect(try await fixture.store.nextDue(after: StoreFixture.now) == nil, "what is due now is not waited for")
        try await fixture.set("not_before = '2026-11-22T12:30:00.000Z', retry_at = '\(StoreFixture.later)'", of: 1)
        #expect(try await fixture.store.nextDue(after: StoreFixture.now) == "2026-11-22T12:30:00.000Z")
        try await fixture.set("retry_at = '2026-11-22T12:10:00.000Z'", of: 2)
        #expect(try await fixture.store.nextDue(after: StoreFixture.now) == "2026-11-22T12:10:00.000Z")
        try await fixture.store.pause(2)
        try await fixture.store.pauseDestination("archive", until: "2026-11-22T12:20:00.000Z")
        #expect(try await fixture.store.nextDue(after: StoreFixture.now) == "2026-11-22T12:20:00.000Z")
    }

    @Test func aPersonsQueryOnlyReads() async throws {
        let fixture = try await StoreFixture()
        let result = try await fixture.store.query(
            "SELECT 1 AS one, NULL AS none, 2.5 AS real, x'0102' AS bytes, 'ü' AS text"
        )
        #expect(result.columns == ["one", "none", "real", "bytes", "text"])
        #expect(result.rows == [["1", "", "2.5", "2 bytes", "ü"]])
        for sql in ["DELETE FROM destination", "SELECT 1; SELECT 2", "SELEC", "PRAGMA user_version = 9"] {
            #expect(try await storeError { _ = try await fixture.store.query(sql) }.code != .cannotOpen, "\(sql)")
        }
        #expect(try await fixture.store.destinations().count == 2)
        #expect(try await fixture.store.query("PRAGMA user_version").rows == [["3"]])
    }
}
