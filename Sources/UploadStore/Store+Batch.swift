internal import GRDB

/// A batch, and how its uploads stand.
package struct BatchRow: Sendable, Equatable {
    package var name: String
    package var isPaused: Bool
    package var isClosed: Bool
    package var createdAt: String
    package var finishedAt: String?
    /// What was counted when it finished; nil before.
    package var finalCounts: (completed: Int, failed: Int, cancelled: Int)?
    /// How its uploads stand now.
    package var counts: [StatusSummary]

    package static func == (left: BatchRow, right: BatchRow) -> Bool {
        left.name == right.name && left.isPaused == right.isPaused && left.isClosed == right.isClosed
            && left.createdAt == right.createdAt && left.finishedAt == right.finishedAt && left.counts == right.counts
    }
}

extension Store {
    /// Batches by name.
    ///
    /// - Parameters:
    ///   - name: Only this one.
    ///   - after: Only names behind this one.
    ///   - limit: At most so many.
    /// - Returns: The batches.
    /// - Throws: ``UploadStoreError``.
    package func batches(name: String? = nil, after: String = "", limit: Int = 1000) async throws -> [BatchRow] {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT * FROM batch WHERE name > ? AND (? IS NULL OR name = ?) ORDER BY name LIMIT ?",
                arguments: [after, name, name, max(1, limit)]
            )
            return try rows.map { row in
                let counts = try Row.fetchAll(
                    db.cachedStatement(
                        sql: """
                            SELECT status, sum(uploads) AS uploads, sum(bytes_there) AS there, sum(bytes) AS bytes
                            FROM upload_count WHERE batch = ? GROUP BY status
                            """
                    ),
                    arguments: [row["name"] as String]
                )
                let completed: Int? = row["completed"]
                return BatchRow(
                    name: row["name"],
                    isPaused: row["paused"],
                    isClosed: row["closed"],
                    createdAt: row["created_at"],
                    finishedAt: row["finished_at"],
                    finalCounts: completed.map { ($0, row["failed"], row["cancelled"]) },
                    counts: counts.compactMap(StatusSummary.init)
                )
            }
        }
    }

    /// Says that no upload is added to a batch any more: once all are finished, it is.
    package func closeBatch(_ name: String) async throws {
        try await commits.write { db in
            try db.execute(sql: "UPDATE batch SET closed = 1 WHERE name = ?", arguments: [name])
            guard db.changesCount == 1 else { throw UploadStoreError(.notFound, "there is no batch \(name)") }
        }
    }
}
