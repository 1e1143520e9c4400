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

    @Test func filtersByErrorAndTime() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(4)
        let worker = try await fixture.store.startWorker()
        let claims = try await fixture.claim(worker, limit: 2).map(\.claim)
        // Later than any clock says that the others were added.
        let ended = "2999-01-01T00:00:00.000Z"
        for (claim, code) in zip(claims, ["source_missing", "refused"]) {
            try await fixture.store.failed(claim, code: code, message: "it is so", now: ended)
        }
        func ids(_ filter: UploadFilter) async throws -> [Int64] {
            try await fixture.store.uploads(matching: filter).map(\.id)
        }
        #expect(try await ids(UploadFilter(errorCode: "refused")) == [2])
        #expect(try await ids(UploadFilter(errorCode: "server_busy")) == [])
        #expect(try await ids(UploadFilter(since: "2020-01-01T00:00:00.000Z")) == [1, 2, 3, 4], "added since")
        #expect(try await ids(UploadFilter(since: ended)) == [1, 2], "ended since")
        #expect(try await ids(UploadFilter(errorCode: "source_missing", since: ended)) == [1])
    }

    @Test func tellsWhatUploadsWaitFor() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        #expect(try await store.waiting(now: StoreFixture.now).isEmpty)
        try await fixture.add(9)
        let worker = try await store.startWorker()
        let claims = try await fixture.claim(worker, limit: 3).map(\.claim)
        try await fixture.add(1, to: "media")
        try await store.parked(claims[0], reason: "quota", code: "quota_exceeded", message: "full")
        try await store.tryLater(claims[1], at: StoreFixture.later, code: "server_busy", message: "503")
        try await store.created(claims[2], url: "https://tus.example.org/3", completing: false)
        try await store.released(claims[2])
        try await store.cancel(3, now: StoreFixture.now)
        try await fixture.set("not_before = '2026-11-22T12:30:00.000Z'", of: 4)
        try await fixture.set("not_before = '2026-11-22T12:10:00.000Z'", of: 5)
        try await store.pause(6)
        try await store.cancel(9, now: StoreFixture.now)
        try await store.pauseDestination("media", until: "2026-11-22T12:20:00.000Z", horizon: StoreFixture.horizon)
        let waiting = try await store.waiting(now: StoreFixture.now)
        #expect(
            waiting == [
                .init(reason: .quota, detail: "archive", uploads: 1, oldestUpload: 1),
                .init(reason: .retry, detail: "server_busy", uploads: 1, until: StoreFixture.later, oldestUpload: 2),
                .init(reason: .deletion, uploads: 1, oldestUpload: 3),
                .init(reason: .notBefore, uploads: 2, until: "2026-11-22T12:10:00.000Z", oldestUpload: 4),
                .init(reason: .paused, uploads: 1, oldestUpload: 6),
                .init(reason: .worker, uploads: 2, oldestUpload: 7),
                .init(
                    reason: .destination,
                    detail: "media",
                    uploads: 1,
                    until: "2026-11-22T12:20:00.000Z",
                    oldestUpload: 10
                ),
            ]
        )
        // Once its time has come, an upload waits for a worker only.
        let last = try await store.waiting(now: StoreFixture.horizon).last { $0.reason == .worker }
        #expect(last?.uploads == 6)
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
        #expect(
            try await fixture.store.nextDue(after: StoreFixture.now) == StoreFixture.later,
            "the first of its times"
        )
        try await fixture.set("retry_at = '2026-11-22T12:10:00.000Z'", of: 2)
        try await fixture.set("retry_at = NULL", of: 1)
        #expect(try await fixture.store.nextDue(after: StoreFixture.now) == "2026-11-22T12:10:00.000Z")
        try await fixture.store.pause(2)
        try await fixture.store.pauseDestination(
            "archive",
            until: "2026-11-22T12:20:00.000Z",
            horizon: StoreFixture.horizon
        )
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
        #expect(try await fixture.store.query("PRAGMA user_version").rows == [["\(Migration.latest)"]])
    }
}
