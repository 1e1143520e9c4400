import Foundation
import GRDB
import Testing

@testable import UploadStore

@Suite(.serialized) struct DatabaseFileTests {
    /// Opens a path that must be refused, and gives the error after checking that nothing was changed.
    private func refusal(_ path: String, in folder: TestFolder) throws -> UploadStoreError {
        let bytes = FileManager.default.contents(atPath: path)
        let log = FileManager.default.contents(atPath: path + "-wal") ?? Data()
        let modeBefore = try? mode(of: path)
        let error = try #require(throws: UploadStoreError.self) { try Store.open(path: path) }
        #expect(FileManager.default.contents(atPath: path) == bytes)
        #expect(FileManager.default.contents(atPath: path + "-wal") ?? Data() == log)
        #expect((try? mode(of: path)) == modeBefore)
        #expect(error.message.contains(path), "the message does not name the file: \(error)")
        return error
    }

    private func queueFile(_ folder: TestFolder, changedBy sql: String) throws -> String {
        let path = folder.file("queue.db")
        try Store.open(path: path).close()
        try Shell(path: path).run(sql)
        return path
    }

    private func foreignFile(_ folder: TestFolder, _ sql: String) throws -> String {
        let path = folder.file("other.db")
        try Shell(path: path).run(sql)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }

    @Test(arguments: [mode_t(0o022), 0])
    func isCreatedForItsOwnerAlone(umask mask: mode_t) async throws {
        let old = umask(mask)
        defer { umask(old) }
        let folder = try TestFolder()
        let path = folder.file("queue.db")
        let store = try Store.open(path: path)
        try await store.save(DestinationRow(name: "archive", endpoint: "https://tus.example.org/"))
        let worker = try await store.startWorker()
        #expect(try folder.names == ["queue.db", "queue.db-shm", "queue.db-wal", "queue.db.worker-\(worker.id)"])
        for name in try folder.names {
            #expect(try mode(of: folder.file(name)) == 0o600, "\(name)")
        }
    }

    @Test func aNewerSchemaIsRefused() throws {
        let folder = try TestFolder()
        let path = try queueFile(folder, changedBy: "PRAGMA user_version = \(Migration.latest + 1)")
        let error = try refusal(path, in: folder)
        #expect(error.code == .newerSchema)
        #expect(error.message.contains("schema \(Migration.latest + 1), this one knows \(Migration.latest)"))
    }

    @Test(arguments: [
        "UPDATE schema_migration SET sha256 = replace(sha256, substr(sha256, 1, 4), 'ffff') WHERE version = 2",
        "UPDATE schema_migration SET name = '0002_other' WHERE version = 2",
        "DELETE FROM schema_migration WHERE version = 1",
        "INSERT INTO schema_migration (version, name, sha256) VALUES (99, '0099_mine', 'x')",
        "DROP TABLE schema_migration",
        "PRAGMA user_version = 0",
    ])
    func anEditedSchemaIsRefused(edit: String) throws {
        let folder = try TestFolder()
        let path = try queueFile(folder, changedBy: edit)
        #expect(try refusal(path, in: folder).code == .editedSchema)
    }

    @Test func aTextFileIsRefused() throws {
        let folder = try TestFolder()
        let path = folder.file("notes.txt")
        let text = String(repeating: "These are notes, and no database.\n", count: 100)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(try refusal(path, in: folder).code == .notADatabase)
    }

    @Test(arguments: [
        "CREATE TABLE photo (id INTEGER)", "PRAGMA journal_mode = WAL; CREATE TABLE photo (id INTEGER)",
        "PRAGMA user_version = 3", "PRAGMA application_id = 7",
    ])
    func anotherProgramsDatabaseIsRefused(sql: String) throws {
        let folder = try TestFolder()
        let path = try foreignFile(folder, sql)
        #expect(try refusal(path, in: folder).code == .anotherProgram)
    }

    @Test func anotherProgramsUncheckpointedLogIsReadAndLeft() throws {
        let folder = try TestFolder()
        let copies = try TestFolder()
        let queue = try DatabaseQueue(path: folder.file("other.db"))
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL; CREATE TABLE photo (id INTEGER)")
        }
        try copy(["other.db", "other.db-wal", "other.db-shm"].map(folder.file), to: copies.path)
        try queue.close()
        #expect(size(of: copies.file("other.db-wal")) > 0)
        for name in try copies.names {
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: copies.file(name))
        }
        #expect(try refusal(copies.file("other.db"), in: copies).code == .anotherProgram)
    }

    @Test func aFolderIsRefused() throws {
        let folder = try TestFolder()
        let path = folder.file("queue.db")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(try refusal(path, in: folder).code == .cannotOpen)
    }

    @Test func aMissingFolderIsRefused() throws {
        let folder = try TestFolder()
        #expect(try refusal(folder.file("missing/queue.db"), in: folder).code == .cannotOpen)
    }

    @Test func aLinkToNothingIsRefused() throws {
        let folder = try TestFolder()
        let path = folder.file("queue.db")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder.file("gone.db"))
        #expect(try refusal(path, in: folder).code == .cannotOpen)
    }

    @Test(arguments: [0o640, 0o604, 0o620])
    func aFileThatOthersMayUseIsRefused(permissions: Int) throws {
        let folder = try TestFolder()
        let path = try queueFile(folder, changedBy: "SELECT 1")
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
        let error = try refusal(path, in: folder)
        #expect(error.code == .wrongPermissions)
        #expect(error.message.contains("chmod 600"))
    }

    @Test(arguments: ["queue.db-wal", "queue.db-shm"])
    func aLogThatOthersMayReadIsRefused(name: String) async throws {
        let folder = try TestFolder()
        let path = folder.file("queue.db")
        let first = try Store.open(path: path)
        try await first.save(DestinationRow(name: "archive", endpoint: "https://tus.example.org/"))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.file(name))
        let error = try #require(throws: UploadStoreError.self) { try Store.open(path: path) }
        #expect(error.code == .wrongPermissions)
        #expect(error.message.contains("\(folder.path)/\(name)"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.file(name))
        #expect(try await Store.open(path: path).destinations().count == 1)
    }

    /// Looking at a file that others may read makes SQLite create the files beside it with the same mode.
    @Test func aFileWhoseModeWasRepairedLeavesNoReadableLog() async throws {
        let folder = try TestFolder()
        let path = try queueFile(folder, changedBy: "SELECT 1")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        _ = try refusal(path, in: folder)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        while let store = try? Store.open(path: path) {
            try await store.save(DestinationRow(name: "archive", endpoint: "https://tus.example.org/"))
            for name in try folder.names { #expect(try mode(of: folder.file(name)) == 0o600) }
            return
        }
        let error = try refusal(path, in: folder)
        #expect(error.code == .wrongPermissions)
    }

    @Test func anEmptyFileIsAccepted() async throws {
        let folder = try TestFolder()
        let path = folder.file("queue.db")
        #expect(FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]))
        try await expectUsable(path)
    }

    @Test func aLogModeFileWithNothingInItIsAccepted() async throws {
        let folder = try TestFolder()
        let path = try foreignFile(folder, "PRAGMA journal_mode = WAL")
        #expect(size(of: path) == 4096)
        try await expectUsable(path)
    }

    /// SQLite switches an empty file to WAL in a transaction with a rollback journal; a kill can leave that journal.
    @Test func aFirstOpeningKilledWithItsJournalIsAccepted() async throws {
        let folder = try TestFolder()
        let copies = try TestFolder()
        let path = copies.file("queue.db")
        try spillATransaction(folder, before: "")
        try copy(["queue.db", "queue.db-journal"].map(folder.file), to: copies.path)
        #expect(size(of: path) > 4096)
        for name in try copies.names {
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: copies.file(name))
        }
        try await expectUsable(path)
        #expect(try Shell(path: path).run("SELECT count(*) FROM sqlite_master WHERE name = 'filler'") == "0")
    }

    @Test func anotherProgramsInterruptedTransactionIsLeftToIt() throws {
        let folder = try TestFolder()
        let copies = try TestFolder()
        try spillATransaction(folder, before: "CREATE TABLE photo (id INTEGER)")
        try copy(["queue.db", "queue.db-journal"].map(folder.file), to: copies.path)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: copies.file("queue.db"))
        #expect(try refusal(copies.file("queue.db"), in: copies).code == .cannotOpen)
        #expect(size(of: copies.file("queue.db-journal")) > 0)
    }

    /// Leaves a transaction half written, with its journal, as a SIGKILL does; the shell ends by its own signal.
    private func spillATransaction(_ folder: TestFolder, before sql: String) throws {
        let queue = folder.file("queue.db")
        let script = """
            \(sql);
            PRAGMA cache_size = 1;
            BEGIN;
            CREATE TABLE filler (content);
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
                INSERT INTO filler SELECT randomblob(3000) FROM n;
            """
        let kill = try ChildProcess(["sqlite3", "-batch", queue, script, ".shell kill -9 $PPID"])
        #expect(try kill.result().status == -SIGKILL)
    }

    private func expectUsable(_ path: String) async throws {
        let store = try Store.open(path: path)
        try await store.save(DestinationRow(name: "archive", endpoint: "https://tus.example.org/"))
        #expect(try await store.add([StoreFixture.upload()]) == [1])
        #expect(try await store.query("PRAGMA user_version").rows == [["\(Migration.latest)"]])
        try store.close()
    }
}
