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
        /// A person who repairs the destination's credentials.
        case credentials
        /// A person who gets the permission.
        case permission
        /// A person who frees or buys space.
        case quota
    }

    package var reason: Reason
    /// The error's code of a back-off; the destination where it is what stands in the way.
    package var detail: String?
    package var uploads: Int
    /// When the first of them goes on, where that is a matter of time.
    package var until: String?
    package var oldestUpload: Int64
}

extension Store {
    /// What the pending and the paused uploads wait for, the oldest first.
    package func waiting(now: String) async throws -> [WaitingSummary] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT reason,
                        CASE WHEN reason = 'retry' THEN last_error_code
                             WHEN reason IN ('destination', 'credentials', 'permission', 'quota') THEN destination
                             END AS detail,
                        count(*) AS uploads, min(id) AS oldest,
                        min(CASE reason WHEN 'not_before' THEN not_before WHEN 'retry' THEN retry_at
                                        WHEN 'destination' THEN destination_retry_at END) AS until
                    FROM (
                        SELECT upload.*, destination.retry_at AS destination_retry_at,
                            CASE WHEN status = 'paused' THEN coalesce(pause_reason, 'paused')
                                 WHEN not_before > :now THEN 'not_before'
                                 WHEN upload.retry_at > :now THEN 'retry'
                                 WHEN destination.retry_at > :now THEN 'destination'
                                 WHEN requested = 'cancel' THEN 'deletion'
                                 ELSE 'worker' END AS reason
                        FROM upload JOIN destination ON destination.name = upload.destination
                        WHERE status IN ('pending', 'paused'))
                    GROUP BY 1, 2 ORDER BY oldest
                    """,
                arguments: ["now": now]
            ).compactMap { row in
                WaitingSummary.Reason(rawValue: row["reason"]).map {
                    WaitingSummary(
                        reason: $0,
                        detail: row["detail"],
                        uploads: row["uploads"],
                        until: row["until"],
                        oldestUpload: row["oldest"]
                    )
                }
            }
        }
    }
}
