import GRDB
import Testing

@testable import UploadStore

@Suite(.serialized) struct GroupCommitTests {
    @Test func writesThatWaitTogetherShareCommits() async throws {
        let fixture = try await StoreFixture()
        let counter = CommitCounter()
        let store = fixture.store
        store.pool.add(transactionObserver: counter)
        let held = await HeldWriter(store)
        async let ids = withThrowingTaskGroup(of: Int64.self) { group in
            for number in 0..<600 {
                group.addTask { try await store.add([StoreFixture.upload("\(number)")])[0] }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try await held.release(store, whenWaiting: 600)
        #expect(try await ids.sorted() == Array(1...600))
        #expect(counter.commits == 1 + 3, "the held one, then 256, 256 and 88")
        #expect(try await store.query("SELECT count(*) FROM upload").rows == [["600"]])
    }

    @Test func bulkWritesDoNotShareSoThatTheLogStaysShort() async throws {
        let fixture = try await StoreFixture()
        let counter = CommitCounter()
        let store = fixture.store
        store.pool.add(transactionObserver: counter)
        let held = await HeldWriter(store)
        async let counts = withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask { try await store.add((0..<200).map { StoreFixture.upload("\($0)") }).count }
            }
            return try await group.reduce(0, +)
        }
        try await held.release(store, whenWaiting: 4)
        #expect(try await counts == 800)
        #expect(counter.commits == 1 + 4)
    }

    @Test func aStaleWriteInAGroupFailsAlone() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        let worker = try await store.startWorker()
        try await fixture.add(3)
        let claims = try await fixture.claim(worker).map(\.claim)
        let counter = CommitCounter()
        store.pool.add(transactionObserver: counter)
        let held = await HeldWriter(store)
        async let results = withTaskGroup(of: (Int64, UploadStoreError.Code?).self) { group in
            for (index, claim) in claims.enumerated() {
                var claim = claim
                if index == 1 { claim.generation += 1 }
                group.addTask { [claim] in
                    do {
                        try await store.failed(claim, code: "x", message: "y", now: StoreFixture.now)
                        return (claim.uploadID, nil)
                    } catch {
                        return (claim.uploadID, (error as? UploadStoreError)?.code)
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        try await held.release(store, whenWaiting: 3)
        #expect(await results == [2: .claimLost])
        #expect(counter.commits == 2)
        #expect(try await store.uploads(matching: UploadFilter()).map(\.status) == [.failed, .processing, .failed])
    }

    @Test func aWriteSurvivesTheCancellationOfItsTask() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        let held = await HeldWriter(store)
        let waiting = Task { try await store.add([StoreFixture.upload("waiting")]) }
        while store.commits.waitingCount < 1 { await Task.yield() }
        waiting.cancel()
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await store.add([StoreFixture.upload("cancelled before")])
        }
        try await held.release(store, whenWaiting: 2)
        #expect(try await waiting.value == [1])
        #expect(try await late.value == [2])
        #expect(try await store.uploads(matching: UploadFilter()).count == 2)
    }

    @Test func aFailingStatementUndoesItsWholeWriteAndNoOther() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        let held = await HeldWriter(store)
        async let before = store.add([StoreFixture.upload("before")])
        while store.commits.waitingCount < 1 { await Task.yield() }
        let failing = Task {
            try await store.commits.write { db in
                try db.execute(sql: "INSERT INTO upload (source_path, destination) VALUES ('/half', 'archive')")
                try db.execute(sql: "INSERT INTO upload (source_path, destination) VALUES ('/whole', 'attic')")
            }
        }
        while store.commits.waitingCount < 2 { await Task.yield() }
        async let after = store.add([StoreFixture.upload("after")])
        try await held.release(store, whenWaiting: 3)
        let ids = try await before + after
        await #expect(throws: UploadStoreError.self) { try await failing.value }
        #expect(try await store.uploads(matching: UploadFilter()).map(\.sourcePath) == ["/data/before", "/data/after"])
        #expect(ids == [1, 2])
    }

    @Test func aFullDiskFailsWhatWasNotWrittenAndNothingElse() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        try await setPageLimit(store, pages: 20)
        let held = await HeldWriter(store)
        async let results = withTaskGroup(of: Result<Int64, any Error>.self) { group in
            for number in 0..<200 {
                group.addTask {
                    do {
                        var upload = StoreFixture.upload("\(number)")
                        upload.metadata = #"{"filler":"\#(String(repeating: "x", count: 2000))"}"#
                        return .success(try await store.add([upload])[0])
                    } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        try await held.release(store, whenWaiting: 200)
        let added = await results.compactMap { try? $0.get() }
        let failed = await results.compactMap { result in
            if case .failure(let error) = result { (error as? UploadStoreError)?.code } else { nil }
        }
        #expect(failed.count + added.count == 200)
        #expect(!failed.isEmpty)
        #expect(failed.allSatisfy { $0 == .diskFull })
        #expect(try await store.uploads(matching: UploadFilter()).map(\.id) == added.sorted())

        try await setPageLimit(store, pages: 1 << 20)
        #expect(try await store.add([StoreFixture.upload()]).count == 1)
        #expect(try await store.query("PRAGMA integrity_check").rows == [["ok"]])
    }

    /// SQLite undoes the whole transaction where a full disk meets a statement that it cannot undo alone.
    @Test func aTransactionThatTheFullDiskEndedFailsTheWholeGroup() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        try await store.commits.write { try $0.execute(sql: "CREATE TABLE filler (content)") }
        try await setPageLimit(store, pages: 5)
        let held = await HeldWriter(store)
        let before = Task {
            try await store.pauseDestination("archive", until: StoreFixture.later, horizon: StoreFixture.horizon)
        }
        while store.commits.waitingCount < 1 { await Task.yield() }
        let filling = Task {
            try await store.commits.write { db in
                defer { #expect(!db.isInsideTransaction, "SQLite ended the transaction") }
                try db.execute(sql: "INSERT INTO filler VALUES (zeroblob(1000000))")
            }
        }
        while store.commits.waitingCount < 2 { await Task.yield() }
        let after = Task {
            try await store.pauseDestination("media", until: StoreFixture.later, horizon: StoreFixture.horizon)
        }
        try await held.release(store, whenWaiting: 3)
        for write in [before, filling, after] {
            #expect(try await storeError { try await write.value }.code == .diskFull)
        }
        #expect(try await store.query("SELECT count(*) FROM destination WHERE retry_at IS NOT NULL").rows == [["0"]])
        try await setPageLimit(store, pages: 1 << 20)
        #expect(try await fixture.add() == [1])
    }

    @Test func aBusyDatabaseIsToldToEveryWriteOfTheGroup() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA busy_timeout = 0") }
        let other = try fixture.rawConnection()
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        for _ in 0..<3 { #expect(try await storeError { _ = try await fixture.add() }.code == .busy) }
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        #expect(try await fixture.add() == [1])
    }

    @Test func everyCommitIsSignalled() async throws {
        let fixture = try await StoreFixture()
        var changes = fixture.store.changes.stream().makeAsyncIterator()
        for _ in 0..<3 {
            try await fixture.add()
            #expect(await changes.next() != nil)
        }
    }

    /// So many pages more than there are.
    private func setPageLimit(_ store: Store, pages: Int) async throws {
        try await store.pool.writeWithoutTransaction { db in
            let count = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(count + pages)")
        }
    }
}
