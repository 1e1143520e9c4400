import Foundation
import GRDB
import Testing

@testable import UploadStore

/// What a person who wonders whether all is well is told.
@Suite(.serialized) struct ExaminationTests {
    @Test func noConnectionCheckpointsByItself() async throws {
        let fixture = try await StoreFixture()
        #expect(try await fixture.store.isGuarded())
        #expect(try await fixture.store.schemaVersion() == Migration.latest)
    }

    @Test func damageIsToldWithinBounds() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(40)
        #expect(try await fixture.store.damage(full: true, limit: 5) == [])
        try await fixture.rawConnection().writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON; UPDATE upload SET attempt = -1")
        }
        let damage = try await fixture.store.damage(full: false, limit: 5)
        #expect(damage == Array(repeating: "CHECK constraint failed in upload", count: 5))
    }

    @Test func onlyAFullCheckLooksIntoIndexes() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(3)
        try await fixture.rawConnection().writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    PRAGMA writable_schema = ON;
                    UPDATE sqlite_schema SET sql = replace(sql, '''pending''', '''paused''') WHERE name = 'upload_ready';
                    """
            )
        }
        let opened = try Store.open(path: fixture.path)
        #expect(try await opened.damage(full: false, limit: 5) == [])
        #expect(try await opened.damage(full: true, limit: 5).first?.contains("upload_ready") == true)
    }

    @Test func whatIsDueIsCountedFromItsTime() async throws {
        let fixture = try await StoreFixture()
        #expect(try await fixture.store.due(now: "2999-01-01T00:00:00.000Z").uploads == 0)
        try await fixture.add(4)
        // Their times are those of this machine's clock.
        let (past, now, future) = ("2999-01-01T00:00:00.000Z", "2999-01-02T00:00:00.000Z", "2999-01-03T00:00:00.000Z")
        try await fixture.set("retry_at = '\(past)'", of: 1)
        try await fixture.set("not_before = '\(now)'", of: 2)
        try await fixture.set("retry_at = '\(future)'", of: 3)
        try await fixture.store.pause(4)
        #expect(try await fixture.store.due(now: now) == UploadCount(uploads: 2, oldestUpload: 1, since: past))
        try await fixture.store.pauseDestination("archive", until: future, horizon: StoreFixture.horizon)
        #expect(try await fixture.store.due(now: now).uploads == 0)
    }

    @Test func uploadsThatEndTheirWorkersAreCounted() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(4)
        for id in [2, 3, 4] as [Int64] { try await fixture.set("crashes = 2, restarts = 3", of: id) }
        try await fixture.set("crashes = 1, restarts = 2", of: 1)
        try await fixture.store.cancel(4, now: StoreFixture.now)
        #expect(try await fixture.store.suspects() == UploadCount(uploads: 2, oldestUpload: 2))
        #expect(try await fixture.store.restarted(times: 3) == UploadCount(uploads: 2, oldestUpload: 2))
    }

    @Test func onlyAbandonedLocksAreRemoved() async throws {
        let fixture = try await StoreFixture()
        let living = try await fixture.store.startWorker()
        try await fixture.rawConnection().writeWithoutTransaction { db in
            try db.execute(sql: "INSERT INTO worker (id, boot_id, pid, host) VALUES (7, 'boot', 1, 'host')")
        }
        let lock = { (id: Any) in "\(fixture.path).worker-\(id)" }
        for id in [7, 8, 9] { try Data().write(to: URL(filePath: lock(id))) }
        for name in ["x", "8.txt"] { try Data().write(to: URL(filePath: lock(name))) }
        let held = try #require(try WorkerLock(databasePath: fixture.path, workerID: 9))
        let before = try fixture.folder.names

        #expect(try await fixture.store.abandonedLocks(removing: false) == [lock(8)])
        #expect(try fixture.folder.names == before)
        #expect(try await fixture.store.abandonedLocks(removing: true) == [lock(8)])
        #expect(try fixture.folder.names == before.filter { $0 != "queue.db.worker-8" })
        #expect(try await fixture.store.abandonedLocks(removing: true) == [])
        withExtendedLifetime((living, held)) {}
    }

    /// A worker that starts has its lock file before others can see its row, and for a moment nobody holds that.
    @Test func aWorkerThatStartsIsNotAbandoned() async throws {
        let fixture = try await StoreFixture()
        try await fixture.store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA busy_timeout = 0") }
        let starting = try fixture.rawConnection()
        let lock = "\(fixture.path).worker-8"
        try await starting.writeWithoutTransaction { db in
            try db.execute(
                sql: "BEGIN IMMEDIATE; INSERT INTO worker (id, boot_id, pid, host) VALUES (8, 'boot', 1, 'host')"
            )
        }
        try Data().write(to: URL(filePath: lock))
        let error = try await storeError { _ = try await fixture.store.abandonedLocks(removing: true) }
        #expect(error.code == .busy)
        try await starting.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        #expect(try await fixture.store.abandonedLocks(removing: true) == [])
        #expect(FileManager.default.fileExists(atPath: lock))
    }

    @Test func oneThatIsNoWorkerTakesOverToo() async throws {
        let fixture = try await StoreFixture()
        let living = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(living)
        #expect(try await fixture.store.takeOverDead(except: nil, now: StoreFixture.now).isEmpty)
        try await fixture.store.released(claim)
        try await fixture.rawConnection().writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    INSERT INTO worker (id, boot_id, pid, host) VALUES (77, 'boot', 1, 'host');
                    UPDATE upload SET status = 'processing', worker_id = 77, generation = generation + 1,
                        revision = revision + 1 WHERE id = \(claim.uploadID)
                    """
            )
        }
        let takeovers = try await fixture.store.takeOverDead(except: nil, now: StoreFixture.now)
        #expect(takeovers == [Takeover(workerID: 77, released: 1, poisoned: 0)])
        #expect(try await fixture.row(claim.uploadID).status == .pending)
    }

    @Test func theLogIsEmptiedWhereNobodyReads() async throws {
        let fixture = try await StoreFixture()
        let reader = try fixture.rawConnection()
        try await reader.writeWithoutTransaction { try $0.execute(sql: "BEGIN; SELECT count(*) FROM upload") }
        for _ in 0..<10 { try await fixture.add(500) }
        let grown = size(of: fixture.path + "-wal")
        try await fixture.store.emptyLog()
        #expect(size(of: fixture.path + "-wal") >= grown, "a reader needs it")
        try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        try await fixture.store.emptyLog()
        #expect(size(of: fixture.path + "-wal") < 10_000)
        #expect(try await fixture.store.query("SELECT count(*) FROM upload").rows == [["5000"]])
    }

    @Test func erasedSecretsAreCountedUntilTheyAreGone() async throws {
        let fixture = try await StoreFixture()
        let ids = try await fixture.add(3, to: "media")
        for id in ids { try await fixture.store.cancel(id, now: StoreFixture.now) }
        #expect(try await fixture.store.erasedSecrets() == 3)
        try await fixture.store.forgetErasedSecrets()
        #expect(try await fixture.store.erasedSecrets() == 0)
    }
}
