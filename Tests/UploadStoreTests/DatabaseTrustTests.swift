import Foundation
import GRDB
import Testing

@testable import UploadStore

@Suite struct DatabaseTrustTests {
    /// A disk may say at the second sync that all is well, though the first one lost what it was given.
    @Test func nothingIsAcknowledgedAfterASyncFailed() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(2)
        _ = fixture.store.trust.note(DatabaseError(resultCode: .SQLITE_IOERR_FSYNC))
        for _ in 0..<2 { #expect(await Self.code { _ = try await fixture.add() } == .inputOutput) }
        #expect(await Self.code { _ = try await fixture.store.dataVersion() } == .inputOutput)
        #expect(try await Self.uploads(fixture) == 2, "nothing was written")
        try fixture.store.close()
        let again = try Store.open(path: fixture.path)
        #expect(try await again.add([StoreFixture.upload("again")]).map(\.isNew) == [true])
    }

    @Test func errorsOfOneWriteDoNotEndTheOthers() async throws {
        let fixture = try await StoreFixture()
        for code in [ResultCode.SQLITE_FULL, .SQLITE_IOERR_WRITE, .SQLITE_BUSY] {
            _ = fixture.store.trust.note(DatabaseError(resultCode: code))
        }
        #expect(try await fixture.add() == [1])
    }

    @Test(arguments: ["", "-wal", "-shm"]) func aFileThatWasTakenAwayIsNoticed(_ ending: String) async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(3)
        try FileManager.default.moveItem(atPath: fixture.path + ending, toPath: fixture.folder.file("elsewhere"))
        #expect(await Self.code { _ = try await fixture.store.dataVersion() } == .cannotOpen)
        #expect(await Self.code { _ = try await fixture.add() } == .cannotOpen)
        guard !ending.isEmpty else { return }
        try fixture.store.close()
        let again = try Store.open(path: fixture.path)
        #expect(try await again.query("SELECT count(*) FROM upload").rows == [["3"]])
    }

    /// A process that ends at once does not close its connections: what the log held is in the database by then.
    @Test func whatARemovedLogHeldIsSaved() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(3)
        try FileManager.default.removeItem(atPath: fixture.path + "-wal")
        #expect(await Self.code { _ = try await fixture.add() } == .cannotOpen)
        let copy = fixture.folder.file("copy.db")
        try FileManager.default.copyItem(atPath: fixture.path, toPath: copy)
        let count = try await DatabaseQueue(path: copy).read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM upload")
        }
        #expect(count == 3)
    }

    /// SQLite would take the log for the other file's, and damage it.
    @Test func anotherFileInItsPlaceIsLeftAlone() async throws {
        let (fixture, other) = (try await StoreFixture(), try await StoreFixture())
        try await fixture.add(3)
        try other.store.close()
        try FileManager.default.moveItem(atPath: fixture.path, toPath: fixture.folder.file("moved.db"))
        try FileManager.default.moveItem(atPath: other.path, toPath: fixture.path)
        #expect(await Self.code { _ = try await fixture.add() } == .cannotOpen)
        let new = try Store.open(path: fixture.path)
        #expect(try await new.damage(full: true, limit: 9) == [])
        #expect(try await new.query("SELECT count(*) FROM upload").rows == [["0"]])
        let moved = try Store.open(path: fixture.folder.file("moved.db"))
        #expect(try await moved.query("SELECT count(*) FROM upload").rows == [["3"]])
    }

    private static func uploads(_ fixture: StoreFixture) async throws -> Int? {
        try await fixture.rawConnection().read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM upload") }
    }

    /// The code of the error that a body throws; nil where it throws none of the store's.
    private static func code(_ body: () async throws -> Void) async -> UploadStoreError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? UploadStoreError)?.code
        }
    }
}
