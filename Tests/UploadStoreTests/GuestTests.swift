import Foundation
import GRDB
import Testing

@testable import UploadStore

/// A queue's tables in a program's own database.
@Suite(.serialized) struct GuestTests {
    @Test func itsTablesAreMadeBesideTheProgramsOwn() async throws {
        let program = try Program()
        try program.scan("/scans/1.tif")
        let store = try program.open()
        try await store.save(DestinationRow(name: "archive", endpoint: "https://tus.example.org/"))
        #expect(try await store.add([StoreFixture.upload()]) == [1])
        #expect(try program.number("SELECT count(*) FROM scan") == 1)
        #expect(try program.number("SELECT max(version) FROM schema_migration") == Migration.latest)
        #expect(try program.dump().hasPrefix(Program.header + "\n"))
        #expect(try program.folder.names == ["program.db", "program.db-shm", "program.db-wal"])
    }

    @Test func openingAgainChangesNothing() async throws {
        let program = try Program()
        let first = try program.open()
        try await first.save(DestinationRow(name: "archive", endpoint: "https://tus.example.org/"))
        _ = try await first.add([StoreFixture.upload()])
        let before = try program.dump()
        let second = try program.open()
        #expect(try program.dump() == before)
        #expect(try await second.uploads(matching: UploadFilter()).count == 1)
        try program.pool.close()

        let again = try Program(folder: program.folder)
        #expect(try await again.open().uploads(matching: UploadFilter()).count == 1)
        #expect(try again.dump() == before)
    }

    /// A new version of the program finds the tables of an old one, with rows.
    @Test(arguments: 1..<Migration.latest)
    func anOlderSchemaIsMigratedWithoutACopy(version: Int) async throws {
        let program = try Program()
        try await program.pool.write { db in
            for migration in Migration.all.prefix(version) { try migration.apply(db, isOwn: false) }
            try db.execute(
                sql: """
                    INSERT INTO destination (name, endpoint) VALUES ('archive', 'https://tus.example.org/');
                    INSERT INTO upload (source_path, destination) VALUES ('/data/1.tif', 'archive');
                    """
            )
        }
        let store = try program.open()
        #expect(try await store.uploads(matching: UploadFilter()).count == 1)
        #expect(try program.number("SELECT count(*) FROM schema_migration") == Migration.latest)
        #expect(try program.folder.names == ["program.db", "program.db-shm", "program.db-wal"])
        #expect(try program.dump().hasPrefix(Program.header + "\n"))
    }

    @Test(arguments: [
        "CREATE TABLE Batch (id INTEGER)", "CREATE TABLE consumer (id INTEGER)", "CREATE TABLE upload_tag (id INTEGER)",
        "CREATE VIEW upload_status AS SELECT 1", "CREATE INDEX upload_by_status ON scan (path)",
        "CREATE TRIGGER upload_delete BEFORE DELETE ON scan BEGIN SELECT 1; END",
        "CREATE TABLE schema_migration (version TEXT PRIMARY KEY)",
        "CREATE TABLE schema_migration (version INTEGER, name TEXT, sha256 TEXT, applied_at TEXT)",
    ])
    func aNameOfTheProgramsOwnIsRefusedAndLeft(statement: String) async throws {
        let program = try Program()
        try program.scan("/scans/1.tif")
        try await program.pool.write { db in try db.execute(sql: statement) }
        let before = try program.dump()
        let error = try await storeError { _ = try program.open() }
        #expect(error.code == .anotherProgram, "\(error)")
        #expect(try program.dump() == before)
        #expect(try program.number("PRAGMA wal_autocheckpoint") == 1000, "SQLite goes on to checkpoint it")
        try program.scan("/scans/2.tif")
    }

    /// What a later migration makes may meet what the program made since.
    @Test func aNameOfALaterMigrationIsRefusedBeforeAnythingIsChanged() async throws {
        let program = try Program()
        try await program.pool.write { db in
            for migration in Migration.all.prefix(4) { try migration.apply(db, isOwn: false) }
            try db.execute(sql: "CREATE TABLE batch (id INTEGER)")
        }
        let before = try program.dump()
        #expect(try await storeError { _ = try program.open() }.code == .anotherProgram)
        #expect(try program.dump() == before)
    }

    @Test(arguments: [
        ("INSERT INTO schema_migration (version, name, sha256) VALUES (99, '0099_later', 'x')", "newer_schema"),
        ("UPDATE schema_migration SET sha256 = 'x' WHERE version = 2", "edited_schema"),
        ("DELETE FROM schema_migration WHERE version = 2", "edited_schema"),
    ])
    func aNewerOrEditedSchemaIsRefusedAndLeft(statement: String, code: String) async throws {
        let program = try Program()
        try program.open().close()
        try await program.pool.write { db in try db.execute(sql: statement) }
        let before = try program.dump()
        let error = try await storeError { _ = try program.open() }
        #expect(error.code.rawValue == code)
        #expect(try program.dump() == before)
    }

    @Test func aQueuesOwnFileIsRefused() async throws {
        let fixture = try await StoreFixture()
        let pool = try DatabasePool(path: fixture.path)
        #expect(try await storeError { _ = try Store.open(in: pool) }.code == .refused)
        #expect(try await fixture.store.destinations().count == 2)
    }

    @Test func aProgramsDatabaseIsNotOpenedAsAQueue() async throws {
        let program = try Program()
        let store = try program.open()
        #expect(try await storeError { _ = try Store.open(path: program.path) }.code == .anotherProgram)
        let copy = program.folder.file("copy.db")
        let error = try await storeError {
            _ = try await store.backUp(to: copy, replaces: false, now: StoreFixture.now, progress: { _ in })
        }
        #expect(error.code == .refused)
        #expect(size(of: copy) == 0)
    }

    @Test func theConnectionThatWritesIsDurable() async throws {
        let program = try Program()
        #expect(try program.number("PRAGMA synchronous") == 1, "as GRDB sets it")
        let store = try program.open()
        let settings = [
            "synchronous": 2, "wal_autocheckpoint": 0, "secure_delete": 1, "fullfsync": 1, "busy_timeout": 10000,
            "journal_size_limit": Checkpoint.largestIdleLog,
        ]
        for (pragma, value) in settings { #expect(try program.number("PRAGMA \(pragma)") == value, "\(pragma)") }
        #expect(try store.checkpoint.setting("synchronous") == 2)
        #expect(try store.checkpoint.setting("wal_autocheckpoint") == 0)
    }

    @Test func aProgramThatChoseHowLongToWaitKeepsIt() async throws {
        let program = try Program()
        var configuration = Configuration()
        configuration.busyMode = .timeout(3)
        let pool = try DatabasePool(path: program.path, configuration: configuration)
        _ = try Store.open(in: pool)
        let timeout = try await pool.writeWithoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA busy_timeout") }
        #expect(timeout == 3000)
    }

    @Test func secretsAreKeptOnlyWhereNobodyElseReads() async throws {
        let program = try Program(mode: 0o644)
        let store = try program.open()
        try await store.save(DestinationRow(name: "media", endpoint: nil, finalize: "wix"))
        let granted = try await storeError { _ = try await store.add([StoreFixture.upload(to: "media")]) }
        #expect(granted.code == .wrongPermissions)
        let minting = DestinationRow(name: "minting", endpoint: nil, mints: true)
        #expect(try await storeError { try await store.save(minting) }.code == .wrongPermissions)
        #expect(try await store.destinations().map(\.name) == ["media"])
        #expect(try await store.uploads(matching: UploadFilter()).isEmpty)

        for file in try program.folder.names {
            let path = program.folder.file(file)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        try await store.save(minting)
        #expect(try await store.add([StoreFixture.upload(to: "media")]) == [1])
        // Its mode can change at any time.
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: program.path + "-wal")
        #expect(
            try await storeError { _ = try await store.add([StoreFixture.upload(to: "media")]) }.code
                == .wrongPermissions
        )
    }
}
