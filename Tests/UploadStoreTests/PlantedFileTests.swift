import Foundation
import Testing

@testable import UploadStore

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Whoever may write in the queue's folder puts something there before the queue does.
@Suite(.serialized) struct PlantedFileTests {
    /// Beside the database, and of a worker that starts or died.
    private static let names = ["queue.db-wal", "queue.db-shm", "queue.db-journal"]
    private static let text = "what is in another file of this user\n"

    /// A queue's closed file, and a file of the same user that is none of the queue's business.
    private func folder() throws -> (folder: TestFolder, database: String, other: String) {
        let folder = try TestFolder()
        try Store.open(path: folder.file("queue.db")).close()
        for name in Self.names { unlink(folder.file(name)) }
        let other = folder.file("other.txt")
        try Self.text.write(toFile: other, atomically: false, encoding: .utf8)
        #expect(chmod(other, 0o600) == 0)
        return (folder, folder.file("queue.db"), other)
    }

    private func expectRefusal(_ path: String, names file: String, _ words: String) throws {
        let error = try #require(throws: UploadStoreError.self) { try Store.open(path: path) }
        #expect(error.code == .untrustedFile)
        #expect(error.message.contains(file) && error.message.contains(words), "\(error)")
    }

    private func expectUntouched(_ other: String) throws {
        #expect(try String(contentsOfFile: other, encoding: .utf8) == Self.text)
        #expect(try mode(of: other) == 0o600)
    }

    @Test(arguments: names) func aLinkBesideTheDatabaseIsRefused(name: String) throws {
        let (folder, database, other) = try folder()
        #expect(symlink(other, folder.file(name)) == 0)
        try expectRefusal(database, names: folder.file(name), "is a link")
        try expectUntouched(other)
    }

    @Test(arguments: names) func aLinkToNothingBesideTheDatabaseIsRefused(name: String) throws {
        let (folder, database, _) = try folder()
        #expect(symlink(folder.file("made"), folder.file(name)) == 0)
        try expectRefusal(database, names: folder.file(name), "is a link")
        #expect(!FileManager.default.fileExists(atPath: folder.file("made")))
    }

    @Test(arguments: names) func aSecondNameOfAFileIsRefused(name: String) throws {
        let (folder, database, other) = try folder()
        #expect(link(other, folder.file(name)) == 0)
        try expectRefusal(database, names: folder.file(name), "has another name too")
        try expectUntouched(other)
    }

    /// Two names of one database have two logs, and each loses what is in the other (sqlite.org/howtocorrupt.html).
    @Test func aSecondNameOfTheDatabaseIsRefused() throws {
        let (folder, database, _) = try folder()
        #expect(link(database, folder.file("mine.db")) == 0)
        for path in [database, folder.file("mine.db")] { try expectRefusal(path, names: path, "has another name too") }
        unlink(folder.file("mine.db"))
        try Store.open(path: database).close()
    }

    @Test func aFifoBesideTheDatabaseIsRefused() throws {
        let (folder, database, _) = try folder()
        #expect(mkfifo(folder.file("queue.db-wal"), 0o600) == 0)
        try expectRefusal(database, names: folder.file("queue.db-wal"), "no regular file")
    }

    /// A link of one's own leads to the queue, and what lies beside the file itself is looked at.
    @Test func whatLiesBesideTheFileItselfCounts() throws {
        let (folder, database, other) = try folder()
        let elsewhere = try TestFolder()
        #expect(symlink(database, elsewhere.file("queue.db")) == 0)
        try Store.open(path: elsewhere.file("queue.db")).close()
        #expect(symlink(other, folder.file("queue.db-wal")) == 0)
        try expectRefusal(elsewhere.file("queue.db"), names: folder.file("queue.db-wal"), "is a link")
    }

    @Test func aNewQueueIsNotMadeBesideAReadableLog() throws {
        let folder = try TestFolder()
        #expect(FileManager.default.createFile(atPath: folder.file("queue.db-wal"), contents: nil))
        #expect(chmod(folder.file("queue.db-wal"), 0o666) == 0)
        let error = try #require(throws: UploadStoreError.self) { try Store.open(path: folder.file("queue.db")) }
        #expect(error.code == .wrongPermissions)
    }

    @Test(arguments: [true, false]) func aWorkersLockIsNoLink(isThere: Bool) async throws {
        let fixture = try await StoreFixture()
        let other = fixture.folder.file("other.txt")
        if isThere { try Self.text.write(toFile: other, atomically: false, encoding: .utf8) }
        #expect(symlink(other, "\(fixture.path).worker-1") == 0)
        let error = try await storeError { _ = try await fixture.store.startWorker() }
        #expect(error.code == .untrustedFile && error.message.contains(".worker-1 is a link"), "\(error)")
        #expect(FileManager.default.fileExists(atPath: other) == isThere)
        #expect(try await fixture.store.query("SELECT count(*) FROM worker").rows == [["0"]])
    }

    @Test func aWorkersLockHasNoSecondName() async throws {
        let fixture = try await StoreFixture()
        let other = fixture.folder.file("other.txt")
        try Self.text.write(toFile: other, atomically: false, encoding: .utf8)
        #expect(link(other, "\(fixture.path).worker-1") == 0)
        let error = try await storeError { _ = try await fixture.store.startWorker() }
        #expect(error.code == .untrustedFile && error.message.contains("has another name too"), "\(error)")
    }

    /// The names that copies get are taken by links.
    @Test func copiesAreMadeAnewWhateverHasTheirName() async throws {
        let folder = try TestFolder()
        let path = folder.file("queue.db")
        let version = 4
        let sql = "INSERT INTO destination (name, endpoint) VALUES ('archive', 'https://tus.example.org/files/')"
        try makeOlderFile(path, version: version, sql: sql)
        let other = folder.file("other.txt")
        try Self.text.write(toFile: other, atomically: false, encoding: .utf8)
        #expect(chmod(other, 0o600) == 0)
        let copy = SchemaCopy.path(of: path, version: version)
        for name in [copy, copy + ".unfinished"] { #expect(symlink(other, name) == 0) }
        try Store.open(path: path).close()
        try expectUntouched(other)
        var information = stat()
        #expect(lstat(copy, &information) == 0 && information.st_mode & S_IFMT == S_IFREG)
        #expect(try mode(of: copy) == 0o600)
    }

    @Test(
        arguments: [
            (1000, 1000, 1000, true), (0, 1000, 1000, true), (0, 0, 1000, true), (1001, 1000, 1000, false),
            (1001, 1001, 1000, false), (1001, 0, 1000, false),
            // Root looks after a user's queue in that user's folder; in a folder of its own nobody else's is its.
            (1000, 1000, 0, true), (1000, 0, 0, false), (0, 1000, 0, true),
        ] as [(owner: uid_t, folderOwner: uid_t, user: uid_t, isTrusted: Bool)]
    )
    func filesOfOthersAreNotTrusted(owner: uid_t, folderOwner: uid_t, user: uid_t, isTrusted: Bool) {
        #expect(PlantedFile.isTrusted(owner: owner, folderOwner: folderOwner, user: user) == isTrusted)
    }

    /// Only root can give a file away.
    @Test(.enabled(if: geteuid() == 0), arguments: ["queue.db", "queue.db-wal", "queue.db-shm"])
    func aFileOfAnotherUserIsRefused(name: String) throws {
        let (folder, database, _) = try folder()
        if !FileManager.default.fileExists(atPath: folder.file(name)) {
            #expect(FileManager.default.createFile(atPath: folder.file(name), contents: nil))
        }
        #expect(chmod(folder.file(name), 0o600) == 0 && chown(folder.file(name), 12345, 12345) == 0)
        try expectRefusal(database, names: folder.file(name), "belongs to another user (12345)")
    }

    @Test(.enabled(if: geteuid() == 0)) func aLinkOfAnotherUserIsRefused() throws {
        let (_, database, _) = try folder()
        let elsewhere = try TestFolder()
        #expect(symlink(database, elsewhere.file("queue.db")) == 0)
        #expect(lchown(elsewhere.file("queue.db"), 12345, 12345) == 0)
        try expectRefusal(elsewhere.file("queue.db"), names: elsewhere.file("queue.db"), "another user (12345) made")
    }

    @Test(.enabled(if: geteuid() == 0)) func rootLooksAfterTheQueueOfAUser() async throws {
        let (folder, database, _) = try folder()
        #expect(chown(folder.path, 12345, 12345) == 0 && chown(database, 12345, 12345) == 0)
        let store = try Store.open(path: database)
        try await store.save(DestinationRow(name: "archive", endpoint: "https://tus.example.org/"))
        let worker = try await store.startWorker()
        for name in ["-wal", "-shm", ".worker-\(worker.id)"] {
            var information = stat()
            #expect(lstat(database + name, &information) == 0, "\(name)")
            #expect(information.st_uid == 12345 && information.st_gid == 12345, "the user can go on with \(name)")
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func theCopyBeforeANewSchemaIsTheUsersToo() throws {
        let folder = try TestFolder()
        let path = folder.file("queue.db")
        let sql = "INSERT INTO destination (name, endpoint) VALUES ('archive', 'https://tus.example.org/files/')"
        try makeOlderFile(path, version: 4, sql: sql)
        #expect(chown(folder.path, 12345, 12345) == 0 && chown(path, 12345, 12345) == 0)
        try Store.open(path: path).close()
        var information = stat()
        #expect(lstat(SchemaCopy.path(of: path, version: 4), &information) == 0 && information.st_uid == 12345)
    }

    /// The user could have given a file that is root's for a reason the name of a lock.
    @Test(.enabled(if: geteuid() == 0)) func rootGivesNothingAwayThatWasThere() async throws {
        let (folder, database, other) = try folder()
        #expect(chown(folder.path, 12345, 12345) == 0 && chown(database, 12345, 12345) == 0)
        #expect(rename(other, database + ".worker-1") == 0)
        let worker = try await Store.open(path: database).startWorker()
        #expect(worker.id == 1)
        var information = stat()
        #expect(lstat(database + ".worker-1", &information) == 0 && information.st_uid == 0)
    }
}
