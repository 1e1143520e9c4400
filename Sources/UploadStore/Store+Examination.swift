internal import GRDB

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Uploads with something in common.
package struct UploadCount: Sendable, Equatable {
    package var uploads: Int
    /// The smallest id of them, 0 where there are none.
    package var oldestUpload: Int64
    /// The earliest time that matters of them, where one does.
    package var since: String?
}

/// What a person who wonders whether all is well wants to know.
extension Store {
    /// Whether no connection of this store checkpoints by itself.
    package func isGuarded() async throws -> Bool {
        let guardian = try? checkpoint.setting("wal_autocheckpoint")
        return try await read { db in
            try Int.fetchOne(db, sql: "PRAGMA wal_autocheckpoint") == 0 && guardian == 0
        }
    }

    /// The version of the schema.
    package func schemaVersion() async throws -> Int {
        try await read { db in try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 }
    }

    /// What SQLite finds wrong with the file; nothing where it is whole.
    ///
    /// It reads all of the file. Other processes need not wait for it; but the write-ahead log grows meanwhile.
    ///
    /// - Parameters:
    ///   - full: Whether indexes are compared with their tables too, which takes several times as long.
    ///   - limit: At most so many lines, 1 or more.
    /// - Returns: SQLite's words.
    /// - Throws: ``UploadStoreError`` `corrupt` where not even that could be read.
    package func damage(full: Bool, limit: Int) async throws -> [String] {
        let pragma = full ? "integrity_check" : "quick_check"
        do {
            // A connection that only reads knows no CHECK of the schema, and would find none violated.
            let lines = try await pool.writeWithoutTransaction { db in
                try String.fetchAll(db, sql: "PRAGMA \(pragma)(\(max(1, limit)))")
            }
            return lines == ["ok"] ? [] : lines
        } catch let error as CancellationError {
            throw error
        } catch {
            throw UploadStoreError(error, at: path)
        }
    }

    /// Pending uploads that a worker would take up now, and since when the first of them waits.
    package func due(now: String) async throws -> UploadCount {
        try await count(
            """
            max(upload.created_at, coalesce(not_before, ''), coalesce(upload.retry_at, ''),
                coalesce(destination.retry_at, ''))
            """,
            """
            status = 'pending' AND coalesce(not_before, '') <= :now AND coalesce(upload.retry_at, '') <= :now
                AND coalesce(destination.retry_at, '') <= :now
            """,
            ["now": now]
        )
    }

    /// Uploads that are still to be done, and whose workers died of them again and again.
    package func suspects() async throws -> UploadCount {
        try await count(
            "NULL",
            "status IN ('pending', 'processing', 'paused') AND crashes >= \(Self.suspectCrashes)",
            [:]
        )
    }

    /// Uploads that are still to be done, and that their server lost at least so often.
    package func restarted(times: Int) async throws -> UploadCount {
        try await count(
            "NULL",
            "status IN ('pending', 'processing', 'paused') AND restarts >= :times",
            ["times": times]
        )
    }

    private func count(
        _ since: String,
        _ condition: String,
        _ arguments: [String: (any DatabaseValueConvertible & Sendable)?]
    ) async throws -> UploadCount {
        try await read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT count(*) AS uploads, min(id) AS oldest, min(\(since)) AS since
                    FROM upload JOIN destination ON destination.name = upload.destination WHERE \(condition)
                    """,
                arguments: StatementArguments(arguments)
            )
            return UploadCount(
                uploads: row?["uploads"] ?? 0,
                oldestUpload: row?["oldest"] ?? 0,
                since: row?["since"]
            )
        }
    }

    /// Tokens that were erased from the tables and may still stand in the log.
    package func erasedSecrets() async throws -> Int {
        try await read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM erased_secret") ?? 0 }
    }

    /// The lock files of workers that are gone, with their rows, and that nobody holds.
    ///
    /// - Parameter removing: Whether they are removed.
    /// - Returns: Their paths.
    /// - Throws: ``UploadStoreError``.
    package func abandonedLocks(removing: Bool) async throws -> [String] {
        let path = path
        // While the database can be written by nobody else no worker can start, whose lock comes before its row.
        return try await commits.write { db in
            let rows = try Set(Int64.fetchAll(db, sql: "SELECT id FROM worker"))
            var abandoned: [String] = []
            for id in Self.lockFiles(of: path) where !rows.contains(id) {
                guard let lock = try? WorkerLock(databasePath: path, workerID: id) else { continue }
                abandoned.append("\(path).worker-\(id)")
                if removing { lock.remove() }
            }
            return abandoned
        }
    }

    /// The workers that the names of lock files beside the database tell of.
    private static func lockFiles(of path: String) -> [Int64] {
        let file = URL(filePath: path)
        let names = try? FileManager.default.contentsOfDirectory(atPath: file.deletingLastPathComponent().path)
        let prefix = file.lastPathComponent + ".worker-"
        return (names ?? []).filter { $0.hasPrefix(prefix) }.compactMap { Int64($0.dropFirst(prefix.count)) }.sorted()
    }
}
