import Testing

@testable import UploadStore

@Suite(.serialized) struct DestinationsTests {
    @Test func isStoredAndChangedUnderItsName() async throws {
        let fixture = try await StoreFixture()
        var destination = DestinationRow(
            name: "lab",
            endpoint: "http://localhost:1080/files/",
            headers: #"{"Authorization":"env:LAB"}"#,
            metadata: #"{"room":"7"}"#,
            chunkSize: 1 << 20
        )
        try await fixture.store.save(destination)
        #expect(try await fixture.store.destination("lab") == destination)
        destination.chunkSize = nil
        destination.endpoint = "https://lab.example.org/files/"
        try await fixture.store.save(destination)
        #expect(try await fixture.store.destination("lab") == destination)
        #expect(try await fixture.store.destinations().map(\.name) == ["archive", "lab", "media"])
        #expect(try await fixture.store.destination("attic") == nil)
    }

    @Test func aChangeKeepsItsPause() async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.pauseDestination("archive", until: StoreFixture.later, horizon: StoreFixture.horizon)
        try await fixture.store.save(DestinationRow(name: "archive", endpoint: "https://new.example.org/"))
        let rows = try await fixture.store.query("SELECT retry_at FROM destination WHERE name = 'archive'").rows
        #expect(rows == [[StoreFixture.later]])
    }

    /// What a clock said that was ahead is over, and does not stand in the way of the next pause.
    @Test(arguments: [
        ("2026-11-22T12:30:00.000Z", "2026-11-22T12:30:00.000Z"), ("2027-01-01T00:00:00.000Z", StoreFixture.later),
        ("2026-11-22T11:00:00.000Z", StoreFixture.later),
    ])
    func aPauseLastsAsLongAsTheLongestOne(before: String, after: String) async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.pauseDestination("archive", until: before, horizon: StoreFixture.horizon)
        try await fixture.store.pauseDestination("archive", until: StoreFixture.later, horizon: StoreFixture.horizon)
        let rows = try await fixture.store.query("SELECT retry_at FROM destination WHERE name = 'archive'").rows
        #expect(rows == [[after]])
    }

    @Test func isRemovedOnlyWhileUnused() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add()
        #expect(try await storeError { try await fixture.store.removeDestination("archive") }.code == .refused)
        try await fixture.store.removeDestination("media")
        #expect(try await storeError { try await fixture.store.removeDestination("media") }.code == .notFound)
        #expect(try await fixture.store.destinations().map(\.name) == ["archive"])
    }

    @Test(arguments: [
        DestinationRow(name: "", endpoint: "https://x/"), DestinationRow(name: "x", endpoint: "ftp://x/"),
        DestinationRow(name: "x", endpoint: "https://x/", headers: "[]"),
        DestinationRow(name: "x", endpoint: "https://x/", metadata: "{"),
        DestinationRow(name: "x", endpoint: "https://x/", chunkSize: 0),
        DestinationRow(name: "x", endpoint: "https://x/", finalize: "later"),
    ])
    func isRefusedWhereItMakesNoSense(destination: DestinationRow) async throws {
        let fixture = try await StoreFixture()
        #expect(try await storeError { try await fixture.store.save(destination) }.code == .refused)
        #expect(try await fixture.store.destinations().count == 2)
    }
}
