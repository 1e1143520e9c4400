internal import GRDB

/// Uploads that wait for the same thing.
package struct WaitingSummary: Sendable, Equatable {
    /// What they wait for.
    package enum Reason: String, Sendable {
        /// A worker with room.
        case worker
        /// A worker that deletes them at the server.
        case deletion
        /// The time that their user set.
        case notBefore = "not_before"
        /// The end of their back-off.
        case retry
        /// The end of their destination's back-off.
        case destination
        /// The person who paused them.
        case paused
        /// The person who paused the whole queue.
        case queuePaused = "queue_paused"
        /// The person who paused their destination.
        case destinationPaused = "destination_paused"
        /// The person who paused their batch.
        case batchPaused = "batch_paused"
        /// A person who repairs the destination's credentials.
        case credentials
        /// A person who gets the permission.
        case permission
        /// A person who frees or buys space.
        case quota
    }

    package var reason: Reason
    /// The error's code of a back-off; the destination or the batch where it is what stands in the way.
    package var detail: String?
    package var uploads: Int
    /// When the first of them goes on, where that is a matter of time.
    package var until: String?
    /// One of them; the oldest, or the one whose turn comes first.
    package var oldestUpload: Int64
}

extension Store {
    /// What the pending and the paused uploads wait for, the oldest first.
    ///
    /// What is ready is told from the counts, since it can be a million rows.
    package func waiting(now: String) async throws -> [WaitingSummary] {
        try await read { db in
            var summaries: [WaitingSummary] = []
            try Self.addPaused(&summaries, db)
            let later = try Self.addLater(&summaries, now, db)
            try Self.addReady(&summaries, later, now, db)
            return summaries.sorted { $0.oldestUpload < $1.oldestUpload }
        }
    }

    private static func addPaused(_ summaries: inout [WaitingSummary], _ db: Database) throws {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT pause_reason, destination, count(*) AS uploads, min(id) AS oldest
                    FROM upload INDEXED BY upload_paused_for WHERE status = 'paused' GROUP BY pause_reason, destination
                    """
            )
        )
        for row in rows {
            let parked = (row["pause_reason"] as String?).flatMap(WaitingSummary.Reason.init)
            let detail: String? = parked == nil ? nil : row["destination"]
            add(&summaries, parked ?? .paused, detail, row["uploads"], nil, row["oldest"])
        }
    }

    /// Adds what waits for a time of its own, and returns how many these are of each lane.
    private static func addLater(
        _ summaries: inout [WaitingSummary],
        _ now: String,
        _ db: Database
    ) throws -> [Lane.Key: Int] {
        let isScheduled = "not_before IS NOT NULL AND not_before > :now"
        let isRetry = "retry_at IS NOT NULL AND retry_at > :now AND (not_before IS NULL OR not_before <= :now)"
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT destination, batch, last_error_code AS code,
                        count(*) FILTER (WHERE \(isScheduled)) AS scheduled, min(not_before) FILTER (WHERE \(isScheduled))
                            AS scheduled_until, min(id) FILTER (WHERE \(isScheduled)) AS scheduled_oldest,
                        count(*) FILTER (WHERE \(isRetry)) AS retries, min(retry_at) FILTER (WHERE \(isRetry))
                            AS retries_until, min(id) FILTER (WHERE \(isRetry)) AS retries_oldest
                    FROM upload INDEXED BY upload_later
                    WHERE status = 'pending' AND (not_before IS NOT NULL OR retry_at IS NOT NULL)
                    GROUP BY destination, batch, last_error_code
                    """
            ),
            arguments: ["now": now]
        )
        var later: [Lane.Key: Int] = [:]
        for row in rows {
            let (scheduled, retries): (Int, Int) = (row["scheduled"], row["retries"])
            later[Lane.Key(destination: row["destination"], batch: row["batch"]), default: 0] += scheduled + retries
            if let oldest = row["scheduled_oldest"] as Int64? {
                add(&summaries, .notBefore, nil, scheduled, row["scheduled_until"], oldest)
            }
            if let oldest = row["retries_oldest"] as Int64? {
                add(&summaries, .retry, row["code"], retries, row["retries_until"], oldest)
            }
        }
        return later
    }

    /// Adds what no time of its own keeps back, by what does.
    private static func addReady(
        _ summaries: inout [WaitingSummary],
        _ later: [Lane.Key: Int],
        _ now: String,
        _ db: Database
    ) throws {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    WITH deletion AS (
                        SELECT destination, batch, count(*) AS uploads, min(id) AS oldest
                        FROM upload INDEXED BY upload_deletion
                        WHERE status = 'pending' AND requested = 'cancel'
                            AND (retry_at IS NULL OR retry_at <= :now) AND (not_before IS NULL OR not_before <= :now)
                        GROUP BY 1, 2)
                    SELECT lane.destination, lane.batch, destination.retry_at, deletion.oldest, lane.uploads,
                        coalesce(deletion.uploads, 0) AS deletions,
                        CASE WHEN (SELECT paused FROM queue) THEN 'queue_paused'
                             WHEN destination.paused THEN 'destination_paused'
                             WHEN (SELECT paused FROM batch WHERE name = lane.batch) THEN 'batch_paused'
                             WHEN destination.retry_at > :now THEN 'destination' ELSE 'worker' END AS reason
                    FROM upload_count AS lane JOIN destination ON destination.name = lane.destination
                    LEFT JOIN deletion ON deletion.destination = lane.destination AND deletion.batch = lane.batch
                    WHERE lane.status = 'pending'
                    """
            ),
            arguments: ["now": now]
        )
        for row in rows {
            let key = Lane.Key(destination: row["destination"], batch: row["batch"])
            var uploads: Int = row["uploads"] - later[key, default: 0]
            guard let reason = WaitingSummary.Reason(rawValue: row["reason"]), uploads > 0 else { continue }
            if reason == .worker, let oldest = row["oldest"] as Int64? {
                add(&summaries, .deletion, nil, row["deletions"], nil, oldest)
                uploads -= row["deletions"]
            }
            guard uploads > 0, let first = try first(in: key, now, db) else { continue }
            let details: [WaitingSummary.Reason: String] = [
                .destination: key.destination, .destinationPaused: key.destination, .batchPaused: key.batch,
            ]
            let until: String? = reason == .destination ? row["retry_at"] : nil
            add(&summaries, reason, details[reason], uploads, until, first)
        }
    }

    private static func add(
        _ summaries: inout [WaitingSummary],
        _ reason: WaitingSummary.Reason,
        _ detail: String?,
        _ uploads: Int,
        _ until: String?,
        _ oldest: Int64
    ) {
        guard let index = summaries.firstIndex(where: { $0.reason == reason && $0.detail == detail }) else {
            summaries.append(
                WaitingSummary(reason: reason, detail: detail, uploads: uploads, until: until, oldestUpload: oldest)
            )
            return
        }
        summaries[index].uploads += uploads
        summaries[index].until = [summaries[index].until, until].compactMap(\.self).min()
        summaries[index].oldestUpload = min(summaries[index].oldestUpload, oldest)
    }

    /// The upload of a lane whose turn comes first; where none is ready, the oldest of what will be at the next claim.
    private static func first(in key: Lane.Key, _ now: String, _ db: Database) throws -> Int64? {
        let lane = "status = 'pending' AND destination = :destination AND batch = :batch"
        let statement = try db.cachedStatement(
            sql: """
                SELECT coalesce(
                    (SELECT id FROM upload INDEXED BY upload_ready
                     WHERE \(lane) AND \(Lane.ready) AND requested IS NOT 'cancel' ORDER BY priority DESC, id LIMIT 1),
                    (SELECT min(id) FROM (
                        SELECT min(id) AS id FROM upload INDEXED BY upload_later
                        WHERE \(lane) AND (not_before IS NOT NULL OR retry_at IS NOT NULL)
                            AND (not_before IS NULL OR not_before <= :now) AND (retry_at IS NULL OR retry_at <= :now)
                        UNION ALL SELECT min(id) FROM upload INDEXED BY upload_suspect WHERE \(lane) AND crashes >= 2
                        UNION ALL SELECT min(id) FROM upload INDEXED BY upload_deletion
                        WHERE \(lane) AND requested = 'cancel')))
                """
        )
        return try Int64.fetchOne(
            statement,
            arguments: ["destination": key.destination, "batch": key.batch, "now": now]
        )
    }
}
