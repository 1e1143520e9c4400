import Foundation
import GRDB
import Synchronization
import Testing

@testable import UploadStore

/// A copy of a queue is a queue, and tells no secret.
@Suite(.serialized) struct BackupTests {
    @Test func aProgramsDatabaseIsItsOwnToCopy() async throws {
        let folder = try TestFolder()
        let pool = try DatabasePool(path: folder.file("program.db"))
        let store = try Store.open(in: pool)
        let error = await #expect(throws: UploadStoreError.self) {
            try await store.backUp(to: folder.file("copy.db"), replaces: false, now: StoreFixture.now) { _ in }
        }
        #expect(error?.code == .refused)
        #expect(try !folder.names.contains { $0.hasPrefix("copy") })
    }

    @Test func isTheQueueAsItWas() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(12_000)
        try await fixture.store.pause(3)
        try await fixture.store.cancel(12_000, now: StoreFixture.now)
        try await fixture.store.commits.write { try $0.execute(sql: "DELETE FROM upload WHERE id = 12000") }
        let worker = try await fixture.store.startWorker()
        try await fixture.store.stopWorker(worker)
        let told = Mutex<[Double]>([])
        let copy = fixture.folder.file("copy.db")
        let summary = try await backUp(fixture, to: copy) { part in told.withLock { $0.append(part) } }

        #expect(summary == BackupSummary(bytes: Int64(size(of: copy)), uploads: 11_999, grants: 0))
        #expect(told.withLock { $0 } == told.withLock { $0.sorted() })
        #expect(told.withLock { $0.count } > 5)
        #expect(told.withLock { $0.last } == 1)
        #expect(try mode(of: copy) == 0o600)
        #expect(try fixture.folder.names.filter { $0.hasPrefix("copy") } == ["copy.db"])
        for sql in [
            "SELECT * FROM upload ORDER BY id", "SELECT * FROM upload_event ORDER BY seq", "SELECT * FROM destination",
            "SELECT * FROM transition", "SELECT * FROM schema_migration", "PRAGMA user_version",
            "PRAGMA application_id",
            "PRAGMA journal_mode", "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name",
            "SELECT * FROM sqlite_sequence ORDER BY name", "PRAGMA integrity_check",
        ] {
            #expect(try Shell(path: copy).run(sql) == Shell(path: fixture.path).run(sql), "\(sql)")
        }
        let opened = try Store.open(path: copy)
        #expect(try await opened.add([StoreFixture.upload()]) == [12_001], "a number is not given twice")
        #expect(try await opened.startWorker().id == worker.id + 1)
    }

    @Test func isOfOneMomentWhileOthersWrite() async throws {
        let fixture = try await StoreFixture()
        let other = try Store.open(path: fixture.path)
        let copies = (0..<4).map { fixture.folder.file("copy-\($0).db") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for store in [fixture.store, other] {
                group.addTask {
                    for _ in 0..<60 { _ = try await store.add((0..<200).map { StoreFixture.upload("\($0)") }) }
                }
            }
            group.addTask { for copy in copies { _ = try await backUp(fixture, to: copy) } }
            try await group.waitForAll()
        }
        for copy in copies {
            let shell = Shell(path: copy)
            // The two tables are copied one after the other, and each add writes to both.
            #expect(try shell.run("SELECT (SELECT count(*) FROM upload) = (SELECT count(*) FROM upload_event)") == "1")
            #expect(try shell.run("SELECT count(*) % 200 FROM upload") == "0")
            #expect(try shell.run("PRAGMA integrity_check") == "ok")
        }
        #expect(try await fixture.store.query("SELECT count(*), max(id) FROM upload").rows == [["24000", "24000"]])
    }

    /// It neither checkpoints nor keeps the next checkpoint from shortening the log.
    @Test func leavesTheFilesOfTheQueueAsTheyAre() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(3_000)
        // A checkpoint that is due runs after the write was acknowledged.
        try await fixture.store.pool.writeWithoutTransaction { _ in }
        let files = [fixture.path, fixture.path + "-wal"]
        let look = {
            try files.map { try FileManager.default.attributesOfItem(atPath: $0)[.modificationDate] as? Date }
        }
        let before = try look()
        _ = try await backUp(fixture, to: fixture.folder.file("copy.db"))
        #expect(try look() == before)
        try #require(before.count == 2 && !before.contains(nil))
        for _ in 0..<10 { try await fixture.add(400) }
        #expect(size(of: fixture.path + "-wal") < 1000 * (4096 + 24))
    }

    @Test func aTakenNameIsRefusedAndReplacedOnlyWhenAsked() async throws {
        let fixture = try await StoreFixture()
        let copy = fixture.folder.file("copy.db")
        try Data("a letter".utf8).write(to: URL(filePath: copy))
        let error = try await storeError { _ = try await backUp(fixture, to: copy) }
        #expect(error.code == .refused)
        #expect(error.message.contains("\(copy) exists already"))
        #expect(FileManager.default.contents(atPath: copy) == Data("a letter".utf8))
        _ = try await backUp(fixture, to: copy, replaces: true)
        #expect(try mode(of: copy) == 0o600)
        #expect(try Shell(path: copy).run("SELECT count(*) FROM destination") == "2")
        #expect(try fixture.folder.names.filter { $0.contains("partial") } == [])
    }

    /// A file that another program makes meanwhile is not replaced either.
    @Test func aNameThatIsTakenMeanwhileIsLeftAsItIs() async throws {
        let fixture = try await StoreFixture()
        let copy = fixture.folder.file("copy.db")
        let error = try await storeError {
            _ = try await backUp(fixture, to: copy) { _ in try? Data("a letter".utf8).write(to: URL(filePath: copy)) }
        }
        #expect(error.code == .refused)
        #expect(FileManager.default.contents(atPath: copy) == Data("a letter".utf8))
        #expect(try fixture.folder.names.filter { $0.contains("partial") } == [])
    }

    @Test(arguments: ["queue.db", "link.db", "queue.db-wal", "queue.db-shm", ".", "pipe"])
    func whatIsNoCopyIsNeverReplaced(_ name: String) async throws {
        let fixture = try await StoreFixture()
        try FileManager.default.createSymbolicLink(
            atPath: fixture.folder.file("link.db"),
            withDestinationPath: fixture.path
        )
        try #require(mkfifo(fixture.folder.file("pipe"), 0o600) == 0)
        let before = try fixture.folder.names
        let error = try await storeError {
            _ = try await backUp(fixture, to: fixture.folder.file(name), replaces: true)
        }
        #expect(error.code == .refused, "\(error)")
        #expect(try fixture.folder.names == before)
        #expect(try await fixture.add().count == 1)
    }

    /// SQLite would play the log of another database into the copy.
    @Test(arguments: ["-wal", "-journal"]) func aLogOfThatNameStandsInTheWay(_ ending: String) async throws {
        let fixture = try await StoreFixture()
        let copy = fixture.folder.file("copy.db")
        try Data("x".utf8).write(to: URL(filePath: copy + ending))
        let error = try await storeError { _ = try await backUp(fixture, to: copy) }
        #expect(error.code == .refused)
        #expect(error.message.contains(copy + ending))
        #expect(!FileManager.default.fileExists(atPath: copy))
    }

    @Test func aFolderThatIsMissingIsTold() async throws {
        let fixture = try await StoreFixture()
        let copy = fixture.folder.file("nowhere/copy.db")
        let error = try await storeError { _ = try await backUp(fixture, to: copy) }
        #expect(error.code == .cannotOpen)
        #expect(error.message.contains(copy))
    }

    @Test func nothingIsLeftOfACancelledCopy() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(12_000)
        let copying = Mutex<Task<BackupSummary, any Error>?>(nil)
        let task = Task {
            while copying.withLock({ $0 == nil }) { await Task.yield() }
            return try await backUp(fixture, to: fixture.folder.file("copy.db")) { _ in
                copying.withLock { $0?.cancel() }
            }
        }
        copying.withLock { $0 = task }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try fixture.folder.names.filter { $0.hasPrefix("copy") } == [])
    }

    @Test func aDamagedQueueIsTold() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(3_000)
        try fixture.store.close()
        let file = try FileHandle(forUpdating: URL(filePath: fixture.path))
        try file.seek(toOffset: UInt64(size(of: fixture.path)) / 2)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 1 << 16))
        try file.close()
        let store = try Store.open(path: fixture.path)
        let error = try await storeError {
            _ = try await store.backUp(to: fixture.folder.file("copy.db"), replaces: false, now: StoreFixture.now) {
                _ in
            }
        }
        #expect(error.code == .corrupt)
        #expect(error.message.contains("\(fixture.path) is damaged"))
        #expect(try fixture.folder.names.filter { $0.hasPrefix("copy") } == [])
    }

    /// Worker 1 lives, and holds its upload in the original; beside the copy nobody does.
    @Test func aCopyTakesOverWhatALivingWorkerHoldsInTheOriginal() async throws {
        let fixture = try await StoreFixture()
        let living = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(living)
        try await fixture.set("crashes = 2, revision = revision + 1", of: claim.uploadID)
        let path = fixture.folder.file("copy.db")
        _ = try await backUp(fixture, to: path)

        let copy = try Store.open(path: path)
        let worker = try await copy.startWorker()
        let takeovers = try await copy.takeOverDead(except: worker, now: StoreFixture.now)
        #expect(takeovers == [Takeover(workerID: living.id, released: 1, poisoned: 0)])
        let row = try #require(try await copy.upload(claim.uploadID))
        #expect(row.status == .pending)
        #expect(row.crashes == 2, "a copy is no crash")
        #expect(try await fixture.row(claim.uploadID).status == .processing)
        #expect(FileManager.default.fileExists(atPath: "\(fixture.path).worker-\(living.id)"))
        try await fixture.store.released(claim)
    }

    private func backUp(
        _ fixture: StoreFixture,
        to path: String,
        replaces: Bool = false,
        progress: @escaping @Sendable (Double) -> Void = { _ in }
    ) async throws -> BackupSummary {
        try await fixture.store.backUp(to: path, replaces: replaces, now: StoreFixture.later, progress: progress)
    }
}
