import Foundation
import GRDB
import Testing

@testable import UploadStore

@Suite(.serialized) struct WorkersTests {
    @Test func hasALockFileOfItsOwnBesideTheDatabase() async throws {
        let fixture = try await StoreFixture()
        let first = try await fixture.store.startWorker()
        let second = try await fixture.store.startWorker()
        #expect(first.id != second.id)
        for worker in [first, second] {
            #expect(try mode(of: "\(fixture.path).worker-\(worker.id)") == 0o600)
            #expect(try WorkerLock(databasePath: fixture.path, workerID: worker.id) == nil, "it is not held")
        }
        let rows = try await fixture.store.query("SELECT boot_id, pid FROM worker").rows
        #expect(
            rows == Array(repeating: [BootID.current, String(ProcessInfo.processInfo.processIdentifier)], count: 2)
        )
    }

    @Test func aLiveOneIsNeverTakenOver() async throws {
        let fixture = try await StoreFixture()
        let asking = try await fixture.store.startWorker()
        let living = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(living)
        let other = try Store.open(path: fixture.path)
        for store in [fixture.store, other] {
            #expect(try await store.takeOverDead(except: asking, now: StoreFixture.now).isEmpty)
        }
        #expect(try await fixture.row(claim.uploadID).workerID == living.id)
        try await fixture.store.released(claim)
    }

    @Test func theOneThatAsksIsNotTakenOver() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker)
        #expect(try await fixture.store.takeOverDead(except: worker, now: StoreFixture.now).isEmpty)
        try await fixture.store.released(claim)
    }

    @Test func aDeadOneIsTakenOver() async throws {
        let fixture = try await StoreFixture()
        let asking = try await fixture.store.startWorker()
        let (deadID, claims) = try await deadWorker(fixture, uploads: 2)
        let takeovers = try await fixture.takeOverDead(for: asking)
        #expect(takeovers == [Takeover(workerID: deadID, released: 2, poisoned: 0)])
        for claim in claims {
            let row = try await fixture.row(claim.uploadID)
            #expect(row.status == .pending)
            #expect(row.workerID == nil)
            #expect(row.generation == claim.generation + 1)
            #expect(row.crashes == 1)
            let event = try #require(try await fixture.events(claim.uploadID).last)
            #expect(event.event == "takeover")
            #expect(event.workerID == deadID)
        }
        #expect(try await fixture.store.query("SELECT id FROM worker").rows == [[String(asking.id)]])
        #expect(try fixture.folder.names.filter { $0.contains("worker") } == ["queue.db.worker-\(asking.id)"])
    }

    @Test func aDeadOneWithoutUploadsIsClearedAway() async throws {
        let fixture = try await StoreFixture()
        let asking = try await fixture.store.startWorker()
        let (deadID, _) = try await deadWorker(fixture, uploads: 0)
        let takeovers = try await fixture.takeOverDead(for: asking)
        #expect(takeovers == [Takeover(workerID: deadID, released: 0, poisoned: 0)])
    }

    /// The lock of a real process, and the end that a crash is.
    @Test func aKilledProcessIsDeadAndARunningOneIsNot() async throws {
        let fixture = try await StoreFixture()
        let asking = try await fixture.store.startWorker()
        let (deadID, claims) = try await deadWorker(fixture, uploads: 1)
        let lock = "\(fixture.path).worker-\(deadID)"
        let child = try ChildProcess(["flock", "--no-fork", lock, "sh", "-c", "echo locked; exec sleep 600"])
        #expect(await child.firstOutput() == "locked\n")
        #expect(try await fixture.store.takeOverDead(except: asking, now: StoreFixture.now).isEmpty)
        #expect(try await fixture.row(claims[0].uploadID).status == .processing)
        try child.kill()
        let takeovers = try await fixture.takeOverDead(for: asking)
        #expect(takeovers == [Takeover(workerID: deadID, released: 1, poisoned: 0)])
        #expect(try await fixture.row(claims[0].uploadID).status == .pending)
    }

    @Test func anotherBootsWorkerDidNotCrash() async throws {
        let fixture = try await StoreFixture()
        let asking = try await fixture.store.startWorker()
        let ids = try await fixture.add(2)
        try await claimFromAnotherBoot(fixture, ids, crashes: 2)
        let takeovers = try await fixture.takeOverDead(for: asking)
        #expect(takeovers == [Takeover(workerID: 77, released: 2, poisoned: 0)])
        for id in ids {
            let row = try await fixture.row(id)
            #expect(row.status == .pending)
            #expect(row.generation == 2)
            #expect(row.crashes == 2)
        }
    }

    @Test func anotherBootsWorkerPoisonsNothing() async throws {
        let fixture = try await StoreFixture()
        let asking = try await fixture.store.startWorker()
        try await claimFromAnotherBoot(fixture, try await fixture.add(), crashes: 5)
        let takeovers = try await fixture.takeOverDead(for: asking)
        #expect(takeovers == [Takeover(workerID: 77, released: 1, poisoned: 0)])
    }

    @Test func theThirdCrashOfASuspectIsPoison() async throws {
        let fixture = try await StoreFixture()
        let asking = try await fixture.store.startWorker()
        try await fixture.add()
        for crash in 1...5 {
            let (deadID, claims) = try await deadWorker(fixture, uploads: 1, adding: false)
            #expect(claims.map(\.uploadID) == [1])
            let takeovers = try await fixture.takeOverDead(for: asking, now: StoreFixture.later)
            let isPoison = crash == 5
            #expect(takeovers == [Takeover(workerID: deadID, released: isPoison ? 0 : 1, poisoned: isPoison ? 1 : 0)])
            #expect(try await fixture.row(1).crashes == crash)
        }
        let row = try await fixture.row(1)
        #expect(row.status == .failed)
        #expect(row.lastErrorCode == "poison")
        #expect(row.lastError?.contains("died 5 times") == true)
        #expect(row.finishedAt == StoreFixture.later)
        let event = try #require(try await fixture.events(1).last)
        #expect(event.event == "poison")
        #expect(event.errorCode == "poison")
        try await fixture.store.retry(1)
        #expect(try await fixture.row(1).crashes == 0)
    }

    @Test func anUploadInCompanyIsNeverPoison() async throws {
        let fixture = try await StoreFixture()
        let asking = try await fixture.store.startWorker()
        let (deadID, claims) = try await deadWorker(fixture, uploads: 2) {
            try await fixture.set("crashes = 1", of: $0)
        }
        try await raiseCrashes(fixture, of: claims)
        let takeovers = try await fixture.takeOverDead(for: asking)
        #expect(takeovers == [Takeover(workerID: deadID, released: 2, poisoned: 0)])
        for claim in claims { #expect(try await fixture.row(claim.uploadID).crashes == 6) }
    }

    @Test func progressBetweenCrashesForgetsThem() async throws {
        let fixture = try await StoreFixture()
        let asking = try await fixture.store.startWorker()
        try await fixture.add()
        for round in 1...4 as ClosedRange<Int64> {
            let (_, claims) = try await deadWorker(fixture, uploads: 1, adding: false) { _ in
            } working: { claim in
                if round == 1 {
                    try await fixture.store.created(claim, url: "https://tus.example.org/1", completing: false)
                }
                try await fixture.store.acknowledged(claim, offset: round * 10, completing: false)
            }
            #expect(claims.count == 1)
            _ = try await fixture.takeOverDead(for: asking)
            #expect(try await fixture.row(1).crashes == 1)
        }
    }

    @Test func reapersThatRaceReleaseEachUploadOnce() async throws {
        let fixture = try await StoreFixture()
        let second = try Store.open(path: fixture.path)
        let reapers = [
            (fixture.store, try await fixture.store.startWorker()), (second, try await second.startWorker()),
        ]
        for _ in 0..<10 { _ = try await deadWorker(fixture, uploads: 3) }
        let takeovers = try await withThrowingTaskGroup(of: [Takeover].self) { group in
            for (store, worker) in reapers + reapers {
                group.addTask {
                    var takeovers: [Takeover] = []
                    for _ in 0..<5000 {
                        takeovers += try await store.takeOverDead(except: worker, now: StoreFixture.now)
                        if try await store.query("SELECT count(*) FROM worker").rows == [["2"]] { break }
                    }
                    return takeovers
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(takeovers.count == 10)
        #expect(Set(takeovers.map(\.workerID)).count == 10)
        #expect(takeovers.map(\.released).reduce(0, +) == 30)
        let rows = try await fixture.store.uploads(matching: UploadFilter())
        #expect(rows.map(\.generation) == Array(repeating: 2, count: 30))
        #expect(rows.map(\.crashes) == Array(repeating: 1, count: 30))
        let events = try await fixture.store.query("SELECT count(*) FROM upload_event WHERE event = 'takeover'").rows
        #expect(events == [["30"]])
        #expect(try fixture.folder.names.filter { $0.contains("worker") }.count == 2)
    }

    @Test func stoppingReleasesAndClearsAway() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let other = try await fixture.store.startWorker()
        let mine = try await fixture.claimed(worker)
        let others = try await fixture.claimed(other)
        try await fixture.store.stopWorker(worker)
        let row = try await fixture.row(mine.uploadID)
        #expect(row.status == .pending)
        #expect(row.crashes == 0)
        #expect(row.attempt == 0)
        #expect(try await fixture.events(mine.uploadID).last?.event == "released")
        #expect(try await fixture.row(others.uploadID).status == .processing)
        #expect(try await fixture.store.query("SELECT id FROM worker").rows == [[String(other.id)]])
        #expect(try fixture.folder.names.filter { $0.contains("worker") } == ["queue.db.worker-\(other.id)"])
    }

    @Test func idsAreNotUsedTwice() async throws {
        let fixture = try await StoreFixture()
        var ids: [Int64] = []
        for _ in 0..<3 {
            let worker = try await fixture.store.startWorker()
            ids.append(worker.id)
            try await fixture.store.stopWorker(worker)
        }
        #expect(ids == [1, 2, 3])
    }

    @Test func aLockThatCannotBeMadeIsToldWithItsPath() async throws {
        let fixture = try await StoreFixture()
        let lock = "\(fixture.path).worker-1"
        try FileManager.default.createDirectory(atPath: lock, withIntermediateDirectories: false)
        let error = try await storeError { _ = try await fixture.store.startWorker() }
        #expect(error.code == .cannotOpen)
        #expect(error.message.contains(lock))
        #expect(try await fixture.store.query("SELECT count(*) FROM worker").rows == [["0"]])
    }

    /// A worker whose lock is gone, as after its process died, with uploads that it had claimed.
    private func deadWorker(
        _ fixture: StoreFixture,
        uploads: Int,
        adding: Bool = true,
        prepare: (Int64) async throws -> Void = { _ in },
        working: (Claim) async throws -> Void = { _ in }
    ) async throws -> (id: Int64, claims: [Claim]) {
        if adding { for id in try await fixture.add(uploads) { try await prepare(id) } }
        let worker = try await fixture.store.startWorker()
        var claims = try await fixture.claim(worker).map(\.claim)
        if claims.isEmpty { claims = try await fixture.claim(worker, suspects: .aloneFirst).map(\.claim) }
        #expect(claims.count == uploads)
        for claim in claims { try await working(claim) }
        return (worker.id, claims)
    }

    private func raiseCrashes(_ fixture: StoreFixture, of claims: [Claim]) async throws {
        for claim in claims { try await fixture.set("crashes = 5, revision = revision + 1", of: claim.uploadID) }
    }

    private func claimFromAnotherBoot(_ fixture: StoreFixture, _ ids: [Int64], crashes: Int) async throws {
        try await fixture.store.commits.write { db in
            try db.execute(sql: "INSERT INTO worker (id, boot_id, pid, host) VALUES (77, 'another boot', 1, 'host')")
            for id in ids {
                try db.execute(
                    sql: """
                        UPDATE upload SET status = 'processing', worker_id = 77, generation = generation + 1,
                            revision = revision + 1, crashes = ? WHERE id = ?
                        """,
                    arguments: [crashes, id]
                )
            }
        }
    }

    /// A link leads to the same locks: else two living workers would take each other for dead.
    @Test func aLinkToTheFileLeadsToTheSameLocks() async throws {
        let fixture = try await StoreFixture()
        let link = fixture.folder.file("link.db")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: fixture.path)
        let linked = try Store.open(path: link)
        #expect(linked.path == fixture.path)
        let worker = try await fixture.store.startWorker()
        let other = try await linked.startWorker()
        #expect(try await linked.takeOverDead(except: other, now: StoreFixture.now).isEmpty)
        #expect(try await fixture.store.takeOverDead(except: worker, now: StoreFixture.now).isEmpty)
    }
}
