internal import GRDB

/// What is due now, and what is left to do.
extension Store {
    /// Whether a claim would find something, told without writing.
    ///
    /// - Parameters:
    ///   - now: The time now.
    ///   - horizon: A back-off that ends later than this comes from a clock that jumped and counts as over.
    ///   - suspects: Whether an upload that crashed its worker repeatedly may be taken.
    /// - Returns: Also true where a time has come for an upload that is kept back otherwise.
    /// - Throws: ``UploadStoreError``.
    package func hasDue(now: String, horizon: String, suspects: SuspectRule = .aloneFirst) async throws -> Bool {
        try await read { db in
            let hasChange = try Bool.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT EXISTS (SELECT 1 FROM upload INDEXED BY upload_retry WHERE status = 'pending'
                                         AND retry_at IS NOT NULL AND retry_at <= :now AND crashes < 2)
                            OR EXISTS (SELECT 1 FROM upload INDEXED BY upload_retry WHERE status = 'pending'
                                         AND retry_at IS NOT NULL AND retry_at > :horizon AND crashes < 2)
                            OR EXISTS (SELECT 1 FROM upload INDEXED BY upload_not_before WHERE status = 'pending'
                                         AND not_before IS NOT NULL AND not_before <= :now AND crashes < 2)
                            OR EXISTS (SELECT 1 FROM upload INDEXED BY upload_deadline WHERE \(Self.untimely)
                                         AND deadline <= :now AND requested IS NOT 'cancel')
                        """
                ),
                arguments: ["now": now, "horizon": horizon]
            )
            if hasChange == true { return true }
            let room = try ClaimRoom(now: now, horizon: horizon, db)
            if case .aloneFirst = suspects, try Self.suspect(room, now, horizon, db) != nil { return true }
            return try !room.lanes(Turns(), atMost: 1, db).isEmpty
        }
    }

    /// Whether an upload that may have killed its workers waits for one that has nothing else in hand.
    package func hasSuspect(now: String, horizon: String) async throws -> Bool {
        try await read { db in
            try Self.suspect(ClaimRoom(now: now, horizon: horizon, db), now, horizon, db) != nil
        }
    }

    /// Whether nothing is left to do soon: no upload is processing, and the pending ones are for later.
    ///
    /// What is paused, by itself or with its batch, its destination or the queue, is for later.
    ///
    /// - Parameters:
    ///   - now: The time now.
    ///   - soon: A back-off that ends after this time is for later.
    ///   - horizon: A back-off that ends later than this comes from a clock that jumped and counts as over.
    ///   - attempts: An upload tried more often than this without progress is for later.
    /// - Returns: True also where there is no upload at all.
    /// - Throws: ``UploadStoreError``.
    package func isDrained(now: String, soon: String, horizon: String, attempts: Int) async throws -> Bool {
        try await read { db in
            let isWorked = try Bool.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT EXISTS (SELECT 1 FROM upload INDEXED BY upload_processing WHERE status = 'processing')
                        """
                )
            )
            if isWorked == true { return false }
            let arguments: StatementArguments = ["now": now, "soon": soon, "horizon": horizon, "attempts": attempts]
            return try !Self.leftToDo.contains { sql in
                try Bool.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) ?? false
            }
        }
    }

    /// Whether something is left to do soon, each kind by an index of its own: together they can be a million rows.
    private static let leftToDo: [String] = {
        let open = """
            WITH open AS (
                SELECT lane.destination, lane.batch
                FROM destination CROSS JOIN upload_count AS lane ON lane.destination = destination.name
                WHERE lane.status = 'pending' AND NOT (SELECT paused FROM queue) AND NOT destination.paused
                  AND NOT EXISTS (SELECT 1 FROM batch WHERE name = lane.batch AND paused = 1)
                  AND (destination.retry_at IS NULL OR destination.retry_at <= :soon
                       OR destination.retry_at > :horizon))
            """
        let hasTries = """
            (attempt <= :attempts OR phase = 'confirm') AND (not_before IS NULL OR not_before <= :now)
                AND (retry_at IS NULL OR retry_at <= :soon OR retry_at > :horizon)
            """
        let ready = """
            \(open) SELECT EXISTS (
                SELECT 1 FROM open CROSS JOIN upload INDEXED BY upload_ready
                    ON upload.destination = open.destination AND upload.batch = open.batch
                WHERE \(Lane.ready) AND \(hasTries))
            """
        let others = [
            ("upload_retry", "retry_at IS NOT NULL AND retry_at <= :soon"),
            ("upload_retry", "retry_at IS NOT NULL AND retry_at > :horizon"),
            ("upload_not_before", "not_before IS NOT NULL AND not_before <= :now"),
            ("upload_suspect", "crashes >= 2"),
        ]
        return [ready]
            + others.map { index, condition in
                """
                \(open) SELECT EXISTS (
                    SELECT 1 FROM upload INDEXED BY \(index)
                    WHERE status = 'pending' AND \(condition) AND \(hasTries)
                        AND (destination, batch) IN (SELECT destination, batch FROM open))
                """
            }
    }()

    /// When to look next for an upload whose time has come; nil where none waits for a time.
    package func nextDue(after now: String) async throws -> String? {
        try await read { db in
            try String.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT min(time) FROM (
                            SELECT min(retry_at) AS time FROM upload INDEXED BY upload_retry
                                WHERE status = 'pending' AND retry_at IS NOT NULL AND retry_at > :now
                            UNION ALL SELECT min(not_before) FROM upload INDEXED BY upload_not_before
                                WHERE status = 'pending' AND not_before IS NOT NULL AND not_before > :now
                            UNION ALL SELECT min(deadline) FROM upload INDEXED BY upload_deadline
                                WHERE \(Self.untimely) AND deadline > :now
                            UNION ALL SELECT min(retry_at) FROM destination
                                WHERE retry_at > :now AND EXISTS (
                                    SELECT 1 FROM upload_count WHERE destination = name AND status = 'pending'))
                        """
                ),
                arguments: ["now": now]
            )
        }
    }

    /// Uploads that failed after an event and still are, and those that are paused or pending.
    ///
    /// Told by the order of the history, since a clock can be set back. It has them all: the events of an upload stay for
    /// as long as that. Each failed upload is looked up in an index by its id: of a million that failed before, half a
    /// second.
    package func leftovers(failedAfter sequence: Int64) async throws -> (failed: Int, waiting: Int) {
        try await read { db in
            let failed = try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM upload INDEXED BY upload_failed
                    WHERE status = 'failed' AND EXISTS (
                        SELECT 1 FROM upload_event AS event INDEXED BY upload_event_by_upload
                        WHERE event.upload_id = upload.id AND event.seq > ? AND event.status = 'failed')
                    """,
                arguments: [sequence]
            )
            let waiting = try Int.fetchOne(
                db,
                sql: "SELECT sum(uploads) FROM upload_count WHERE status IN ('paused', 'pending')"
            )
            return (failed ?? 0, waiting ?? 0)
        }
    }
}
