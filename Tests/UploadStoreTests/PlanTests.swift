import GRDB
import Synchronization
import Testing

@testable import UploadStore

/// How SQLite finds the rows: a statement that would look at every upload of a million fails here, at three.
@Suite(.serialized) struct PlanTests {
    /// What an operation does, and the indexes of table `upload` that its statements may use.
    struct Operation: Sendable {
        var name: String
        var indexes: Set<String>
        var run: @Sendable (Store, Worker) async throws -> Void

        init(
            _ name: String,
            _ indexes: Set<String>,
            _ run: @escaping @Sendable (Store, Worker) async throws -> Void
        ) {
            self.name = name
            self.indexes = indexes
            self.run = run
        }
    }

    private static let (now, horizon) = (StoreFixture.now, StoreFixture.horizon)
    /// The row of an id that is known.
    private static let row = "PRIMARY KEY"

    static let operations = [
        Operation(
            "hasDue",
            [
                row, "upload_ready", "upload_processing", "upload_suspect", "upload_retry", "upload_not_before",
                "upload_deadline",
            ]
        ) { store, _ in _ = try await store.hasDue(now: now, horizon: horizon) },
        Operation(
            "isDrained",
            ["upload_ready", "upload_processing", "upload_suspect", "upload_retry", "upload_not_before"]
        ) { store, _ in
            for name in ["archive", "media"] { try await store.setPaused(true, .destination(name)) }
            #expect(try await store.isDrained(now: now, soon: now, horizon: horizon, attempts: 3))
            for name in ["archive", "media"] { try await store.setPaused(false, .destination(name)) }
        },
        Operation("nextDue", ["upload_retry", "upload_not_before", "upload_deadline"]) { store, _ in
            _ = try await store.nextDue(after: now)
        },
        Operation(
            "waiting",
            ["upload_ready", "upload_suspect", "upload_later", "upload_deletion", "upload_paused_for"]
        ) { store, _ in _ = try await store.waiting(now: now) },
        Operation(
            "claim",
            [
                row, "upload_ready", "upload_processing", "upload_suspect", "upload_retry", "upload_not_before",
                "upload_deadline",
            ]
        ) { store, worker in
            _ = try await store.claim(for: worker, limit: 2, suspects: .aloneFirst, now: now, horizon: horizon)
            _ = try await store.claim(for: worker, limit: 2, suspects: .none, now: now, horizon: horizon)
        },
        Operation("summary", []) { store, _ in _ = try await store.summary() },
        Operation("leftovers", ["upload_failed"]) { store, _ in
            _ = try await store.leftovers(failedAfter: 0)
        },
        Operation("limits", ["upload_processing"]) { store, _ in _ = try await store.limits() },
        Operation("add", ["upload_unsettled_inode"]) { store, _ in _ = try await store.add([StoreFixture.upload()]) },
        Operation("unsettledSources", ["upload_source_unsettled"]) { store, _ in
            _ = try await store.unsettledSources(after: 0, limit: 100)
        },
        Operation("releaseSource", [row, "upload_needs_source", "upload_needs_inode"]) { store, _ in
            _ = try await store.releaseSource(1)
        },
        Operation("names", ["upload_spooled"]) { store, _ in _ = try await store.names("/spool/1") },
        Operation("prune", ["upload_finished"]) { store, _ in
            _ = try await store.prune(Retention(statuses: [.completed, .failed], finishedBefore: now))
            _ = try await store.prune(Retention(statuses: [.completed], keeps: 100))
        },
        Operation("pruneHistory", ["upload_by_batch"]) { store, _ in _ = try await store.pruneHistory() },
        Operation("list", [row]) { store, _ in _ = try await store.uploads(matching: UploadFilter(limit: 50)) },
        Operation(
            "list by status",
            [
                "upload_pending", "upload_processing", "upload_paused", "upload_completed", "upload_failed",
                "upload_cancelled",
            ]
        ) { store, _ in _ = try await store.uploads(matching: UploadFilter(statuses: Status.allCases, limit: 50)) },
        Operation("list by destination", ["upload_by_destination"]) { store, _ in
            _ = try await store.uploads(matching: UploadFilter(destination: "archive"))
        },
        Operation("list by error", ["upload_by_error"]) { store, _ in
            _ = try await store.uploads(matching: UploadFilter(errorCode: "refused"))
            _ = try await store.uploads(matching: UploadFilter(statuses: [.failed], errorCode: "refused"))
        },
        Operation("list by batch", ["upload_by_batch"]) { store, _ in
            _ = try await store.uploads(matching: UploadFilter(statuses: [.pending], batch: "night"))
        },
        Operation("list by tag", [row]) { store, _ in _ = try await store.uploads(matching: UploadFilter(tag: "red")) },
        Operation("upload and its history", [row]) { store, _ in
            _ = try await store.upload(1)
            _ = try await store.events(after: 0, uploadID: 1)
        },
        Operation("takeOverDead and stopWorker", ["upload_processing"]) { store, worker in
            _ = try await store.takeOverDead(except: worker, now: now)
            try await store.stopWorker(worker)
        },
    ]

    @Test func everyRowIsFoundByTheIndexMadeForIt() async throws {
        let folder = try TestFolder()
        let statements = Mutex<Set<String>>([])
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            db.trace(options: .statement) { event in
                guard case .statement(let statement) = event else { return }
                statements.withLock { _ = $0.insert(statement.sql) }
            }
        }
        let pool = try DatabasePool(path: folder.file("app.db"), configuration: configuration)
        let store = try Store.open(in: pool)
        try await store.save(DestinationRow(name: "archive", endpoint: "https://tus.example.org/files/"))
        try await store.save(DestinationRow(name: "media", endpoint: nil, finalize: "wix"))
        _ = try await store.add((0..<3).map { StoreFixture.upload("\($0).tif") })
        let worker = try await store.startWorker()
        for operation in Self.operations {
            statements.withLock { $0 = [] }
            try await operation.run(store, worker)
            let used = try statements.withLock(\.self).reduce(into: Set<String>()) { used, sql in
                used.formUnion(try Self.indexes(sql, pool))
            }
            #expect(used == operation.indexes, "\(operation.name)")
        }
    }

    /// The indexes of table `upload` in the plan of a statement, and `nothing` where it looks at all rows.
    private static func indexes(_ sql: String, _ pool: DatabasePool) throws -> Set<String> {
        let verbs = ["SELECT", "WITH", "UPDATE", "DELETE", "INSERT"]
        guard verbs.contains(where: sql.hasPrefix), sql.contains("upload") else { return [] }
        let details = try pool.read { db in
            let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
            statement.setUncheckedArguments([])
            return try Row.fetchAll(statement).map { $0["detail"] as String }
        }
        var indexes: Set<String> = []
        for detail in details {
            let words = detail.split(separator: " ").map(String.init)
            guard words.count > 1, ["SCAN", "SEARCH"].contains(words[0]) else { continue }
            if detail.contains("INDEX upload_later") || detail.contains("INDEX upload_paused_for") {
                #expect(
                    detail.contains("COVERING") || detail.contains("(destination=? AND batch=?)"),
                    "\(detail): \(sql)"
                )
            }
            if words[1] == "upload_event" {
                #expect(words[0] == "SEARCH", "\(detail): \(sql)")
            } else if words[1] == "upload" {
                let index = words.firstIndex(of: "INDEX").map { words[$0 + 1] }
                indexes.insert(index ?? (detail.contains("INTEGER PRIMARY KEY (rowid") ? row : "nothing"))
                if detail.contains("(rowid=?)") || index != nil { continue }
                // From an id on, in order, and only as far as the limit: that is what a list without conditions does.
                #expect(detail.contains("(rowid>?)") || words[0] == "SEARCH", "\(detail): \(sql)")
            }
        }
        return indexes
    }
}
