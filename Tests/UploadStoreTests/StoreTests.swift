import Foundation
import GRDB
import Testing

@testable import UploadStore

@Suite(.serialized) struct UploadStoreTests {
    /// GRDB sets `synchronous` to NORMAL behind the configuration's back: this is read from the connection that writes.
    @Test(arguments: [
        ("synchronous", "2"), ("journal_mode", "wal"), ("wal_autocheckpoint", "0"), ("foreign_keys", "1"),
        ("secure_delete", "1"), ("trusted_schema", "0"), ("temp_store", "2"), ("mmap_size", "0"),
    ])
    func theWriterIsDurable(pragma: String, value: String) async throws {
        let fixture = try await StoreFixture()
        #expect(try await Self.read(pragma, fixture.store) == value)
        let again = try Store.open(path: fixture.path)
        #expect(try await Self.read(pragma, again) == value, "an opened file, not only a new one")
    }

    private static func read(_ pragma: String, _ store: Store) async throws -> String? {
        try await store.pool.writeWithoutTransaction { db in try String.fetchOne(db, sql: "PRAGMA \(pragma)") }
    }

    @Test func noConnectionCheckpointsByItself() async throws {
        let fixture = try await StoreFixture()
        let readers = try await fixture.store.query("PRAGMA wal_autocheckpoint").rows
        #expect(readers == [["0"]])
        #expect(try fixture.store.checkpoint.setting("wal_autocheckpoint") == 0)
    }

    @Test func dataVersionTellsEveryChange() async throws {
        let fixture = try await StoreFixture()
        let other = try Store.open(path: fixture.path)
        let first = try await fixture.store.dataVersion()
        #expect(try await fixture.store.dataVersion() == first)
        _ = try await other.add([StoreFixture.upload()])
        let second = try await fixture.store.dataVersion()
        #expect(second != first)
        try Shell(path: fixture.path).run("UPDATE upload SET status = 'paused'")
        #expect(try await fixture.store.dataVersion() != second)
    }

    @Test func aCancelledReaderIsToldSo() async throws {
        let fixture = try await StoreFixture()
        let reading = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try await fixture.store.dataVersion()
        }
        await #expect(throws: CancellationError.self) { try await reading.value }
    }

    @Test func rowsAreThereAfterClosingAndOpening() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(3)
        try fixture.store.close()
        let store = try Store.open(path: fixture.path)
        #expect(try await store.uploads(matching: UploadFilter()).map(\.id) == [1, 2, 3])
    }

    @Test func aWriteAfterCloseFails() async throws {
        let fixture = try await StoreFixture()
        try fixture.store.close()
        await #expect(throws: UploadStoreError.self) { _ = try await fixture.add() }
        await #expect(throws: UploadStoreError.self) { _ = try await fixture.store.summary() }
    }
}
