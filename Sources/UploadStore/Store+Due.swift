internal import GRDB

/// What is due now, and what is left to do.
extension Store {
    /// Whether a claim would find something, told without writing.
    package func hasDue(now: String, horizon: String) async throws -> Bool {
        try await read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM upload JOIN destination ON destination.name = upload.destination
                        WHERE status = 'pending'
                          AND (not_before IS NULL OR not_before <= :now)
                          AND (upload.retry_at IS NULL OR upload.retry_at <= :now OR upload.retry_at > :horizon)
                          AND (destination.retry_at IS NULL OR destination.retry_at <= :now
                               OR destination.retry_at > :horizon))
                    """,
                arguments: ["now": now, "horizon": horizon]
            ) ?? false
        }
    }

    /// Whether nothing is left to do soon: no upload is processing, and the pending ones are for later.
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
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT NOT EXISTS (SELECT 1 FROM upload WHERE status = 'processing')
                       AND NOT EXISTS (
                        SELECT 1 FROM upload JOIN destination ON destination.name = upload.destination
                        WHERE status = 'pending' AND (attempt <= :attempts OR phase = 'confirm')
                          AND (not_before IS NULL OR not_before <= :now)
                          AND (upload.retry_at IS NULL OR upload.retry_at <= :soon OR upload.retry_at > :horizon)
                          AND (destination.retry_at IS NULL OR destination.retry_at <= :soon
                               OR destination.retry_at > :horizon))
                    """,
                arguments: ["now": now, "soon": soon, "horizon": horizon, "attempts": attempts]
            ) ?? true
        }
    }

    /// Uploads that failed at or after a time, and those that are paused or pending.
    package func leftovers(failedSince: String) async throws -> (failed: Int, waiting: Int) {
        try await read { db in
            let failed = try Int.fetchOne(
                db,
                sql: "SELECT count(*) FROM upload WHERE status = 'failed' AND finished_at >= ?",
                arguments: [failedSince]
            )
            let waiting = try Int.fetchOne(
                db,
                sql: "SELECT count(*) FROM upload WHERE status IN ('paused', 'pending')"
            )
            return (failed ?? 0, waiting ?? 0)
        }
    }
}
