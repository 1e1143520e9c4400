import Foundation
import GRDB
import UploadStore

/// A queue with many uploads of one kind, beside 1,000 that are ready.
struct LongQueue {
    /// It in words.
    let title: String
    /// How many there are of the kind.
    let rows: Int
    /// The batch of each, an SQL expression of its number `n`.
    var batch = "''"
    /// What makes them of their kind; the first 1,000 have other ids.
    var change: String?

    static let ready = 1_000
    private static let later = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+1 day', (id % 80000) || ' seconds')"

    /// What is measured.
    static func all(rows: Int) -> [LongQueue] {
        let (half, tenth) = (rows / 2, rows / 10)
        return [
            LongQueue(title: "ready", rows: 0),
            LongQueue(title: "\(rows.grouped) more", rows: rows),
            LongQueue(
                title: "\(half.grouped) deferred",
                rows: half,
                change: """
                    UPDATE upload SET attempt = 1 + id % 10, tries = 5, retry_at = \(later),
                        last_error_code = 'server_error', last_error = 'the server answered 503' WHERE id > \(ready)
                    """
            ),
            LongQueue(
                title: "\(half.grouped) paused",
                rows: half,
                batch: "'night'",
                change: "UPDATE batch SET paused = 1"
            ),
            LongQueue(title: "1,000 batches", rows: tenth, batch: "'batch-' || n % 1000"),
            LongQueue(
                title: "\(tenth.grouped) failed",
                rows: tenth,
                change: """
                    UPDATE upload SET status = 'failed', finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
                        last_error_code = 'refused', last_error = 'the server answered 400' WHERE id > \(ready)
                    """
            ),
        ]
    }

    /// Makes it, through the triggers of the schema.
    func make(at path: String) async throws {
        let store = try Store.open(path: path)
        for name in ["archive", "other"] {
            try await store.save(DestinationRow(name: name, endpoint: "http://127.0.0.1:9/files/"))
        }
        try store.close()
        // Nobody else has it open, and nothing of it has to survive.
        let database = try DatabaseQueue(path: path)
        try await database.writeWithoutTransaction { db in
            try db.execute(
                sql: "PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; PRAGMA wal_autocheckpoint = 0; BEGIN"
            )
            try insert(Self.ready, batch: "''", db)
            try insert(rows, batch: batch, db)
            if let change { try db.execute(sql: change) }
            try db.execute(sql: "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try database.close()
    }

    private func insert(_ count: Int, batch: String, _ db: Database) throws {
        try db.execute(
            sql: """
                WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
                INSERT INTO upload (source_path, destination, upload_length, batch)
                SELECT '/data/incoming/scan-' || n || '.tif', 'archive', 100000, \(batch) FROM number WHERE n <= ?
                """,
            arguments: [count, count]
        )
    }
}

extension Int {
    /// With a comma between thousands.
    fileprivate var grouped: String { formatted(.number.locale(Locale(identifier: "en_US"))) }
}
