import GRDB
import Synchronization
import Testing

@testable import UploadStore

/// Copies of the files at a moment are what a SIGKILL at that moment leaves.
@Suite(.serialized) struct CrashTests {
    private final class Acknowledged: Sendable {
        private let ids = Mutex(Set<Int64>())
        func insert(_ new: some Sequence<Int64>) { ids.withLock { $0.formUnion(new) } }
        var all: Set<Int64> { ids.withLock { $0 } }
    }

    enum Moment: CaseIterable {
        case betweenTransactions
        case insideATransaction
    }

    @Test(arguments: Moment.allCases)
    func everyAcknowledgedRowIsInACopyOfTheFiles(moment: Moment) async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        let acknowledged = Acknowledged()
        let folders = try (0..<8).map { _ in try TestFolder() }
        let writers = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<4 {
                    group.addTask {
                        var round = 0
                        while !Task.isCancelled {
                            acknowledged.insert(try await store.add([StoreFixture.upload("\(task)-\(round)")]))
                            round += 1
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        var copies: [(folder: TestFolder, ids: Set<Int64>)] = []
        for (index, folder) in folders.enumerated() {
            while acknowledged.all.count < (index + 1) * 60 { await Task.yield() }
            copies.append((folder, try await snapshot(fixture, moment, acknowledged, into: folder)))
        }
        writers.cancel()
        try await writers.value

        #expect(copies.contains { size(of: $0.folder.file("queue.db-wal")) > 0 })
        for copy in copies {
            let opened = try Store.open(path: copy.folder.file("queue.db"))
            let there = Set(try await opened.uploads(matching: UploadFilter(limit: 1 << 20)).map(\.id))
            #expect(copy.ids.count >= 60)
            #expect(copy.ids.subtracting(there).isEmpty)
            #expect(try await opened.query("PRAGMA integrity_check").rows == [["ok"]])
            let events = try await opened.query("SELECT count(*) FROM upload_event").rows
            #expect(events == [[String(there.count)]])
            #expect(
                try await opened.query("SELECT count(*) FROM upload WHERE source_path = '/unfinished'").rows == [["0"]]
            )
            #expect(try await opened.add([StoreFixture.upload()]).count == 1)
        }
    }

    /// Holds commits and checkpoints of this store still, as a stopped process does, and copies.
    private func snapshot(
        _ fixture: StoreFixture,
        _ moment: Moment,
        _ acknowledged: Acknowledged,
        into folder: TestFolder
    ) async throws -> Set<Int64> {
        let path = fixture.path
        let take: @Sendable () throws -> Set<Int64> = {
            let ids = acknowledged.all
            try copy([path, path + "-wal", path + "-shm"], to: folder.path)
            return ids
        }
        switch moment {
        case .betweenTransactions:
            return try await fixture.store.pool.writeWithoutTransaction { _ in try take() }
        case .insideATransaction:
            let taken = Acknowledged()
            let undone = try await storeError {
                try await fixture.store.commits.write { db in
                    try db.execute(
                        sql: "INSERT INTO upload (source_path, destination) VALUES ('/unfinished', 'archive')"
                    )
                    taken.insert(try take())
                    throw UploadStoreError(.refused, "undone")
                }
            }
            #expect(undone.message == "undone")
            return taken.all
        }
    }
}
