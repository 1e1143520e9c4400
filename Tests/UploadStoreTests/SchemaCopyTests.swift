import Foundation
import Testing

@testable import UploadStore

/// What a queue was before its schema changed, in a file beside it.
@Suite(.serialized) struct SchemaCopyTests {
    private static let older = 1..<Migration.latest
    /// Longer than a page, so that it stands in pages of its own.
    private static let longToken = String(repeating: "secret-token-", count: 800)
    private static let deletedToken = String(repeating: "deleted-token-", count: 800)
    private static let url = "https://tus.example.org/files/1"

    private static func insert(_ columns: String) -> String {
        """
        INSERT INTO upload (source_path, destination, upload_length, endpoint, upload_token, upload_url, status, phase,
            worker_id, finished_at) VALUES (\(columns));
        """
    }

    /// A queue with a plain upload, and one with a grant in each phase that needs its URL; one more was deleted.
    private static let content = """
        PRAGMA secure_delete = OFF;
        INSERT INTO destination (name, endpoint) VALUES ('archive', 'https://tus.example.org/files/');
        INSERT INTO destination (name, finalize) VALUES ('media', 'wix');
        \(insert("'/data/a', 'archive', 9, NULL, NULL, '\(url)', 'pending', 'transfer', NULL, NULL"))
        \(insert("'/data/b', 'media', 9, '\(StoreFixture.signedURL)', '\(StoreFixture.token)', NULL, 'paused', 'create', NULL, NULL"))
        \(insert("'/data/c', 'media', 9, '\(StoreFixture.signedURL)', '\(longToken)', '\(StoreFixture.signedURL)/1', 'processing', 'transfer', 7, NULL"))
        \(insert("'/data/d', 'media', 9, '\(StoreFixture.signedURL)', '\(StoreFixture.token)', '\(StoreFixture.signedURL)/2', 'failed', 'finalize', NULL, '\(StoreFixture.now)'"))
        \(insert("'/data/e', 'media', 9, '\(StoreFixture.signedURL)', '\(deletedToken)', NULL, 'pending', 'create', NULL, NULL"))
        DELETE FROM upload WHERE source_path = '/data/e';
        """

    private static func olderFile(_ folder: TestFolder, version: Int) throws -> String {
        let path = folder.file("queue.db")
        try makeOlderFile(path, version: version, sql: content)
        return path
    }

    private static func file(_ path: String, holds text: String) throws -> Bool {
        try Data(contentsOf: URL(filePath: path)).range(of: Data(text.utf8)) != nil
    }

    private static let rows = "SELECT id, source_path, status, phase, upload_url, worker_id FROM upload ORDER BY id"
    private static let schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"

    @Test(arguments: older) func itIsWholeAndHoldsNoSecret(version: Int) throws {
        let folder = try TestFolder()
        let path = try Self.olderFile(folder, version: version)
        let schema = try Shell(path: path).run(Self.schema)
        #expect(try Self.file(path, holds: "deleted-token-"), "it was not in a free page: the test shows nothing")
        try Store.open(path: path).close()
        let copy = "\(path).schema-\(version)"
        #expect(try folder.names.filter { $0.contains(".schema-") } == ["queue.db.schema-\(version)"])
        #expect(try mode(of: copy) == 0o600)
        for secret in [StoreFixture.token, "secret-token-secret", "deleted-token-", StoreFixture.signedURL] {
            #expect(try !Self.file(copy, holds: secret), "\(secret)")
        }
        let shell = Shell(path: copy)
        #expect(
            try shell.run("PRAGMA integrity_check; PRAGMA user_version; PRAGMA application_id")
                == "ok\n\(version)\n1433424177"
        )
        #expect(try shell.run(Self.schema) == schema)
        let erased = SchemaCopy.erasedURL
        #expect(
            try shell.run(Self.rows) == """
                1|/data/a|pending|transfer|\(Self.url)|
                2|/data/b|paused|create||
                3|/data/c|processing|transfer|\(erased)|7
                4|/data/d|failed|finalize|\(erased)|
                """
        )
        #expect(try shell.run("SELECT count(*) FROM upload WHERE upload_token || endpoint IS NOT NULL") == "0")
        let kept = "SELECT id FROM upload WHERE upload_token IS NOT NULL AND endpoint IS NOT NULL"
        #expect(try Shell(path: path).run(kept) == "2\n3\n4", "the queue keeps its own")
    }

    /// A person puts it in the place of the file, and goes on with either version of the program.
    @Test(arguments: older) func itIsAQueue(version: Int) async throws {
        let folder = try TestFolder()
        let path = try Self.olderFile(folder, version: version)
        try Store.open(path: path).close()
        let restored = folder.file("restored.db")
        try FileManager.default.moveItem(atPath: "\(path).schema-\(version)", toPath: restored)
        let store = try Store.open(path: restored)
        #expect(try await store.uploads(matching: UploadFilter(limit: 9)).count == 4)
        #expect(try await store.add([StoreFixture.upload()]).count == 1)
    }

    @Test(arguments: Migration.all.map(\.version)) func whatHoldsNothingOrIsNotOlderIsNotCopied(version: Int) throws {
        let folder = try TestFolder()
        let path = folder.file("queue.db")
        try makeOlderFile(path, version: version, sql: version == Migration.latest ? Self.content : "")
        try Store.open(path: path).close()
        try Store.open(path: path).close()
        #expect(try !folder.names.contains { $0.contains(".schema-") })
    }

    /// Of a process that was killed, and of a migration that was undone by hand.
    @Test func whatAnEarlierTryLeftIsReplaced() throws {
        let folder = try TestFolder()
        let path = try Self.olderFile(folder, version: 3)
        for name in ["schema-3", "schema-3.unfinished"] {
            try Data("half a copy".utf8).write(to: URL(filePath: "\(path).\(name)"))
        }
        try Store.open(path: path).close()
        #expect(try Shell(path: "\(path).schema-3").run("SELECT count(*) FROM upload") == "4")
        #expect(try folder.names.filter { $0.contains(".schema-") } == ["queue.db.schema-3"])
    }

    @Test func withoutACopyNothingIsChanged() throws {
        let folder = try TestFolder()
        let path = try Self.olderFile(folder, version: 3)
        let before = try Shell(path: path).run(".dump")
        let inTheWay = "\(path).schema-3.unfinished"
        try FileManager.default.createDirectory(atPath: inTheWay, withIntermediateDirectories: false)
        let error = try #require(throws: UploadStoreError.self) { try Store.open(path: path) }
        #expect(error.code == .cannotOpen)
        #expect(error.message.hasPrefix("the schema of \(path) is older, and is not changed without a copy: "))
        #expect(error.message.contains("\(path).schema-3: File exists"))
        #expect(try Shell(path: path).run("PRAGMA user_version") == "3")
        #expect(try Shell(path: path).run(".dump") == before)
        try FileManager.default.removeItem(atPath: inTheWay)
        try Store.open(path: path).close()
        #expect(try folder.names.contains("queue.db.schema-3"))
    }

    /// It is there before the first statement of the migration.
    @Test func aMigrationThatFailsLeavesTheCopyAndTheQueue() throws {
        let folder = try TestFolder()
        let path = try Self.olderFile(folder, version: 2)
        try Shell(path: path).run("CREATE TABLE failed_uploads (x)")
        let before = try Shell(path: path).run(".dump")
        _ = try #require(throws: UploadStoreError.self) { try Store.open(path: path) }
        #expect(try Shell(path: path).run(".dump") == before)
        #expect(try Shell(path: "\(path).schema-2").run("SELECT count(*) FROM upload") == "4")
    }

    @Test func manyOpeningsAtOnceMakeOneWholeCopy() async throws {
        let folder = try TestFolder()
        let path = try Self.olderFile(folder, version: 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 { group.addTask { try Store.open(path: path).close() } }
            try await group.waitForAll()
        }
        let copies = try folder.names.filter { $0.contains(".schema-") }
        #expect(copies.contains("queue.db.schema-1"))
        // An opening between two migrations of another one copies what it finds.
        for copy in copies {
            let version = copy.dropFirst("queue.db.schema-".count)
            let content = try Shell(path: folder.file(copy)).run("PRAGMA integrity_check; PRAGMA user_version")
            #expect(content == "ok\n\(version)")
        }
    }
}
