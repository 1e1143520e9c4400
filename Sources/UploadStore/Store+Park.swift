internal import GRDB

/// How a claim ends where the upload waits for a person.
extension Store {
    /// processing → paused, until a person repaired what the reason names.
    package func parked(_ claim: Claim, reason: String, code: String, message: String) async throws {
        try await own(
            claim,
            """
            status = CASE requested WHEN 'cancel' THEN 'pending' ELSE 'paused' END, worker_id = NULL,
            pause_reason = CASE requested WHEN 'cancel' THEN NULL ELSE :reason END,
            requested = CASE requested WHEN 'cancel' THEN 'cancel' END,
            last_error_code = :code, last_error = :message
            """,
            ["reason": reason, "code": code, "message": message]
        )
    }

    /// As ``parked(_:reason:code:message:)``, where the last finalize counts as not sent.
    ///
    /// The schema lets only a pending upload take one back, so it is pending on the way; nobody else sees it so.
    package func parkedUnfinalized(_ claim: Claim, reason: String, code: String, message: String) async throws {
        try await commits.write { db in
            let requested = try Self.own(
                claim,
                """
                status = 'pending', worker_id = NULL, attempt = attempt + 1, finalize_sent = finalize_sent - 1,
                requested = CASE requested WHEN 'cancel' THEN 'cancel' END,
                last_error_code = :code, last_error = :message
                """,
                ["code": code, "message": message],
                db
            )
            guard requested != .cancel else { return }
            try db.execute(
                sql: "UPDATE upload SET status = 'paused', pause_reason = :reason WHERE id = :id",
                arguments: ["reason": reason, "id": claim.uploadID]
            )
        }
    }

    /// processing → paused, as a person asked.
    package func paused(_ claim: Claim) async throws {
        try await own(claim, "status = 'paused', worker_id = NULL, requested = NULL, pause_reason = NULL", [:])
    }
}
