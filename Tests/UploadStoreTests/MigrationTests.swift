import Crypto
import Foundation
import GRDB
import Testing

@testable import UploadStore

@Suite(.serialized) struct MigrationTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Migrations").standardizedFileURL.path

    @Test func everyFileOfTheFolderIsEmbeddedInOrderWithItsBytes() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted()
        #expect(names == Migration.all.map { $0.name + ".sql" })
        #expect(Migration.all.map(\.version) == Array(1...names.count))
        for (index, migration) in Migration.all.enumerated() {
            let bytes = try #require(FileManager.default.contents(atPath: "\(Self.folder)/\(names[index])"))
            #expect(migration.sql == Array(bytes), "\(migration.name) differs from its file")
            #expect(bytes.count < 16 * 1024, "\(migration.name) is too long to be embedded quickly")
            #expect(names[index].hasPrefix(String(format: "%04d_", migration.version)))
        }
    }

    @Test func openingRecordsEveryMigrationWithItsHash() async throws {
        let fixture = try await StoreFixture()
        let rows = try await fixture.store.query("SELECT version, name, sha256 FROM schema_migration ORDER BY version")
            .rows
        let expected = Migration.all.map { migration in
            [
                String(migration.version), migration.name,
                SHA256.hash(data: migration.sql).map { String(format: "%02x", $0) }.joined(),
            ]
        }
        #expect(rows == expected)
    }

    @Test func openingLeavesTheVersionAndTheMarkOfAQueue() async throws {
        let fixture = try await StoreFixture()
        #expect(Migration.latest == 9)
        #expect(try await fixture.store.query("PRAGMA user_version").rows == [["\(Migration.latest)"]])
        #expect(try await fixture.store.query("PRAGMA application_id").rows == [["1433424177"]])
    }

    /// A program's database in which a name is taken keeps its tables, and gets none.
    @Test(arguments: [
        "TABLE upload (x)", "TABLE consumer (x)", "VIEW batch_status AS SELECT 1", "TABLE schema_migration (x)",
    ])
    func aNameThatIsTakenIsRefusedBeforeAnythingIsMade(_ object: String) async throws {
        let folder = try TestFolder()
        let pool = try DatabasePool(path: folder.file("program.db"))
        try await pool.write { db in try db.execute(sql: "CREATE \(object)") }
        let error = #expect(throws: UploadStoreError.self) { try Store.open(in: pool) }
        #expect(error?.code == .anotherProgram)
        #expect(try await pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") } == 1)
    }

    @Test func openingAgainChangesNothing() async throws {
        let folder = try TestFolder()
        let path = folder.file("queue.db")
        try Store.open(path: path).close()
        let shell = Shell(path: path)
        let before = try shell.run(".dump")
        try Store.open(path: path).close()
        #expect(before.contains("CREATE TABLE upload "))
        #expect(try shell.run(".dump") == before)
        #expect(try shell.run("PRAGMA user_version; PRAGMA application_id") == "\(Migration.latest)\n1433424177")
    }

    @Test func openingWaitsForNoWriterOfAnotherProgram() async throws {
        let fixture = try await StoreFixture()
        let other = try fixture.rawConnection()
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let store = try Store.open(path: fixture.path)
        #expect(try await store.destinations().count == 2)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    }

    /// A crash can fall between any two migrations, since each is a transaction of its own.
    @Test(arguments: 0..<Migration.all.count)
    func anOpeningThatCrashedBetweenMigrationsIsFinished(applied: Int) async throws {
        let folder = try TestFolder()
        let path = folder.file("queue.db")
        try makeOlderFile(path, version: applied)

        let store = try Store.open(path: path)
        try await store.save(DestinationRow(name: "archive", endpoint: "https://tus.example.org/"))
        #expect(try await store.add([StoreFixture.upload()]) == [1])
        let recorded = try await store.query(
            "SELECT version, applied_at = 'by hand' FROM schema_migration ORDER BY version"
        ).rows
        #expect(recorded == Migration.all.map { [String($0.version), $0.version <= applied ? "1" : "0"] })
        #expect(try await store.query("SELECT count(*) FROM upload_status").rows == [["1"]])
    }

    @Test func manyOpeningsAtOnceMigrateOnce() async throws {
        let folder = try TestFolder()
        let path = folder.file("queue.db")
        let stores = try await withThrowingTaskGroup(of: Store.self) { group in
            for _ in 0..<6 { group.addTask { try Store.open(path: path) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for store in stores {
            #expect(try await store.query("SELECT count(*) FROM schema_migration").rows == [["\(Migration.latest)"]])
        }
    }
}
