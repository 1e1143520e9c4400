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
            let kinds = try Row.fetchAll(
                db,
                sql: """
                    SELECT coalesce(pause_reason, 'paused') AS reason,
                        CASE WHEN pause_reason IS NOT NULL THEN destination END AS detail,
                        count(*) AS uploads, min(id) AS oldest, NULL AS until
                    FROM upload WHERE status = 'paused' GROUP BY 1, 2
                    UNION ALL
                    SELECT 'not_before', NULL, count(*), min(id), min(not_before)
                    FROM upload WHERE status = 'pending' AND not_before IS NOT NULL AND not_before > :now
                    UNION ALL
                    SELECT 'retry', last_error_code, count(*), min(id), min(retry_at)
                    FROM upload WHERE status = 'pending' AND retry_at IS NOT NULL AND retry_at > :now
                        AND (not_before IS NULL OR not_before <= :now) GROUP BY last_error_code
                    """,
                arguments: ["now": now]
            )
            let timed = kinds.compactMap { row -> WaitingSummary? in
                guard row["uploads"] > 0, let reason = WaitingSummary.Reason(rawValue: row["reason"]) else {
                    return nil
                }
                return WaitingSummary(
                    reason: reason,
                    detail: row["detail"],
                    uploads: row["uploads"],
                    until: row["until"],
                    oldestUpload: row["oldest"]
                )
            }
            return (timed + (try Self.ready(now, db))).sorted { $0.oldestUpload < $1.oldestUpload }
        }
    }

    /// What no time of their own keeps back, by what does.
    private static func ready(_ now: String, _ db: Database) throws -> [WaitingSummary] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                WITH later AS (
                    SELECT destination, batch, count(*) AS uploads FROM upload
                    WHERE status = 'pending' AND not_before IS NOT NULL AND not_before > :now GROUP BY 1, 2
                    UNION ALL
                    SELECT destination, batch, count(*) FROM upload
                    WHERE status = 'pending' AND retry_at IS NOT NULL AND retry_at > :now
                        AND (not_before IS NULL OR not_before <= :now) GROUP BY 1, 2),
                deletion AS (
                    SELECT destination, batch, count(*) AS uploads, min(id) AS oldest FROM upload
                    WHERE status = 'pending' AND requested = 'cancel'
                        AND (retry_at IS NULL OR retry_at <= :now) AND (not_before IS NULL OR not_before <= :now)
                    GROUP BY 1, 2)
                SELECT lane.destination, lane.batch, destination.retry_at, deletion.oldest,
                    lane.uploads - coalesce((SELECT sum(uploads) FROM later
                        WHERE later.destination = lane.destination AND later.batch = lane.batch), 0) AS uploads,
                    coalesce(deletion.uploads, 0) AS deletions,
                    CASE WHEN (SELECT paused FROM queue) THEN 'queue_paused'
                         WHEN destination.paused THEN 'destination_paused'
                         WHEN (SELECT paused FROM batch WHERE name = lane.batch) THEN 'batch_paused'
                         WHEN destination.retry_at > :now THEN 'destination' ELSE 'worker' END AS reason
                FROM upload_count AS lane JOIN destination ON destination.name = lane.destination
                LEFT JOIN deletion ON deletion.destination = lane.destination AND deletion.batch = lane.batch
                WHERE lane.status = 'pending'
                """,
            arguments: ["now": now]
        )
        var summaries: [WaitingSummary] = []
        for row in rows {
            guard let reason = WaitingSummary.Reason(rawValue: row["reason"]), row["uploads"] > 0 else { continue }
            let key = Lane.Key(destination: row["destination"], batch: row["batch"])
            let details: [WaitingSummary.Reason: String] = [
                .destination: key.destination, .destinationPaused: key.destination, .batchPaused: key.batch,
            ]
            let until: String? = reason == .destination ? row["retry_at"] : nil
            var uploads: Int = row["uploads"]
            if reason == .worker, let oldest = row["oldest"] as Int64? {
                add(&summaries, .deletion, nil, row["deletions"], nil, oldest)
                uploads -= row["deletions"]
            }
            guard uploads > 0, let first = try first(in: key, db) else { continue }
            let detail = details[reason]
            add(&summaries, reason, detail, uploads, until, first)
        }
        return summaries
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
        summaries[index].oldestUpload = min(summaries[index].oldestUpload, oldest)
    }

    /// The upload of a lane whose turn comes first.
    private static func first(in key: Lane.Key, _ db: Database) throws -> Int64? {
        let ready = "\(Lane.ready) AND destination = ? AND batch = ? AND requested IS NOT 'cancel'"
        let head = try Int64.fetchOne(
            db,
            sql: "SELECT id FROM upload WHERE \(ready) ORDER BY priority DESC, id LIMIT 1",
            arguments: [key.destination, key.batch]
        )
        if let head { return head }
        return try Int64.fetchOne(
            db,
            sql: "SELECT id FROM upload WHERE status = 'pending' AND destination = ? AND batch = ? ORDER BY id LIMIT 1",
            arguments: [key.destination, key.batch]
        )
    }
}
