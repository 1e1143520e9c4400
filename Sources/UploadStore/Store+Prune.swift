internal import GRDB

/// Which finished uploads are removed.
package struct Retention: Sendable, Equatable {
    /// Only these: `completed`, `failed`, `cancelled`.
    package var statuses: [Status]
    /// Only those that finished before this time.
    package var finishedBefore: String?
    /// The newest so many are kept.
    package var keeps: Int?
    package var batch: String?
    package var destination: String?

    package init(
        statuses: [Status],
        finishedBefore: String? = nil,
        keeps: Int? = nil,
        batch: String? = nil,
        destination: String? = nil
    ) {
        self.statuses = statuses
        self.finishedBefore = finishedBefore
        self.keeps = keeps
        self.batch = batch
        self.destination = destination
    }
}

/// What one step of pruning removed.
package struct Pruned: Sendable, Equatable {
    package var uploads = 0
    /// Copies of the queue's own that no upload names any more.
    package var copies: [String] = []
}

extension Store {
    /// The most uploads of one step.
    private static let pruneStep = 200

    /// The most uploads whose history one step removes; each has some ten events.
    private static let historyStep = 100

    /// Removes finished uploads, oldest first, in one transaction of bounded size; call it until it removes nothing.
    ///
    /// An upload whose source is still to be deleted or moved stays.
    package func prune(_ retention: Retention) async throws -> Pruned {
        try await commits.write(rows: Self.pruneStep) { [checkpoint] db in
            var sql = """
                SELECT id FROM upload WHERE finished_at IS NOT NULL
                AND status IN (\(retention.statuses.map { "'\($0.rawValue)'" }.joined(separator: ", ")))
                AND NOT (status = 'completed' AND after_completion IS NOT NULL AND source_settled = 0)
                """
            var arguments: StatementArguments = []
            if let before = retention.finishedBefore {
                sql += " AND finished_at < ?"
                arguments += [before]
            }
            if let batch = retention.batch {
                sql += " AND batch = ?"
                arguments += [batch]
            }
            if let destination = retention.destination {
                sql += " AND destination = ?"
                arguments += [destination]
            }
            let order = "ORDER BY finished_at"
            let kept = retention.keeps.map { keeps in
                " AND id NOT IN (\(sql) \(order) DESC LIMIT \(max(0, keeps)))"
            }
            let all = kept == nil ? arguments : arguments + arguments
            let ids = try Int64.fetchAll(
                db,
                sql: "\(sql)\(kept ?? "") \(order) LIMIT \(Self.pruneStep)",
                arguments: all
            )
            return try Self.remove(ids, checkpoint, db)
        }
    }

    /// Removes finished uploads by id.
    ///
    /// - Throws: ``UploadStoreError`` `not_found`, or `refused` where one is not finished, or its source is still to be
    ///   deleted or moved; then none is removed.
    package func remove(_ ids: [Int64]) async throws -> Pruned {
        try await commits.write(rows: ids.count) { [checkpoint] db in
            for id in ids {
                let row = try Row.fetchOne(
                    db,
                    sql: """
                        SELECT status, status = 'completed' AND after_completion IS NOT NULL AND spooled = 0
                            AND source_settled = 0 AS is_unsettled FROM upload WHERE id = ?
                        """,
                    arguments: [id]
                )
                guard let status = row?["status"] as String? else {
                    throw UploadStoreError(.notFound, "there is no upload \(id)")
                }
                guard ["completed", "failed", "cancelled"].contains(status) else {
                    throw UploadStoreError(.refused, "upload \(id) is \(status); cancel it first")
                }
                guard row?["is_unsettled"] == false else {
                    throw UploadStoreError(
                        .refused,
                        "the source of upload \(id) is still to be deleted or moved; the next worker that starts does that"
                    )
                }
            }
            return try Self.remove(ids, checkpoint, db)
        }
    }

    private static func remove(_ ids: [Int64], _ checkpoint: Checkpoint, _ db: Database) throws -> Pruned {
        var pruned = Pruned()
        for id in ids {
            try noteErasedSecrets(id, checkpoint, db)
            let row = try Row.fetchAll(
                db.cachedStatement(sql: "DELETE FROM upload WHERE id = ? RETURNING spooled, source_path, batch"),
                arguments: [id]
            ).first
            guard let row else { continue }
            pruned.uploads += 1
            if row["spooled"] == true { pruned.copies.append(row["source_path"]) }
        }
        return pruned
    }

    /// Removes the history of removed uploads as far as every consumer has read it, and batches that are empty; in one
    /// transaction of bounded size.
    ///
    /// - Parameter id: The removed upload after which to go on; 0 at first.
    /// - Returns: How many events were removed, and where to go on; nil at the end.
    /// - Throws: ``UploadStoreError``.
    package func pruneHistory(after id: Int64 = 0) async throws -> (events: Int, next: Int64?) {
        try await commits.write(rows: Self.historyStep * 10) { db in
            try db.execute(
                sql: """
                    DELETE FROM batch WHERE name IN (
                        SELECT name FROM batch
                        WHERE (finished_at IS NOT NULL OR (closed = 0 AND paused = 0))
                            AND NOT EXISTS (SELECT 1 FROM upload WHERE upload.batch = batch.name AND upload.batch <> '')
                        LIMIT \(Self.historyStep))
                    """
            )
            let batches = db.changesCount
            let read = try Int64.fetchOne(db, sql: "SELECT min(cursor) FROM consumer") ?? Int64.max
            try db.execute(
                sql: """
                    DELETE FROM upload_event WHERE seq IN (
                        SELECT seq FROM upload_event WHERE batch IS NOT NULL AND seq <= ?
                            AND NOT EXISTS (SELECT 1 FROM batch WHERE name = upload_event.batch)
                        LIMIT \(Self.historyStep))
                    """,
                arguments: [read]
            )
            let batchEvents = db.changesCount
            var events = batchEvents
            let ids = try Int64.fetchAll(
                db,
                sql: "SELECT id FROM removed_upload WHERE id > ? ORDER BY id LIMIT \(Self.historyStep)",
                arguments: [id]
            )
            for id in ids {
                try db.execute(sql: "DELETE FROM upload_event WHERE upload_id = ? AND seq <= ?", arguments: [id, read])
                events += db.changesCount
                try db.execute(
                    sql: """
                        DELETE FROM removed_upload
                        WHERE id = ? AND NOT EXISTS (SELECT 1 FROM upload_event WHERE upload_id = removed_upload.id)
                        """,
                    arguments: [id]
                )
            }
            return (events, ids.last ?? (batches + batchEvents > 0 ? id : nil))
        }
    }
}
