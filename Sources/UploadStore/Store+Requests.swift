internal import GRDB

/// What anyone may ask of an upload, also while a worker holds it.
extension Store {
    /// pending → paused; of a processing upload it is requested, and its worker honours it.
    package func pause(_ id: Int64) async throws {
        try await change(
            id,
            [.pending: "status = 'paused', requested = NULL", .processing: "requested = 'pause'"],
            "pause"
        ) {
            guard $0.requested == .cancel else { return }
            throw UploadStoreError(.refused, "upload \(id) is being cancelled; it cannot pause")
        }
    }

    /// paused → pending; where the host took no grant, new ones are tried again, and deaths of workers are forgotten.
    package func resume(_ id: Int64) async throws {
        try await change(
            id,
            [
                .paused: "status = 'pending', attempt = 0, crashes = 0, restarts = 0, retry_at = NULL",
                .processing: "requested = CASE requested WHEN 'pause' THEN NULL ELSE requested END",
                .pending: "requested = CASE requested WHEN 'pause' THEN NULL ELSE requested END",
            ],
            "resume"
        )
    }

    /// Cancelled at once where the server has nothing; else a worker deletes it there first.
    package func cancel(_ id: Int64, now: String) async throws {
        try await commits.write { [checkpoint] db in
            let row = try Self.row(id, db)
            let onServer = row.uploadURL != nil && (row.phase == .transfer || row.phase == .finalize)
            switch (row.status, onServer) {
            case (.processing, _):
                try db.execute(sql: "UPDATE upload SET requested = 'cancel' WHERE id = ?", arguments: [id])
            case (.pending, true), (.paused, true), (.failed, true):
                try db.execute(
                    sql: """
                        UPDATE upload SET status = 'pending', requested = 'cancel', finished_at = NULL, attempt = 0,
                            crashes = 0, retry_at = NULL, not_before = NULL WHERE id = ?
                        """,
                    arguments: [id]
                )
            case (.pending, false), (.paused, false), (.failed, false):
                try Self.noteErasedSecrets(id, checkpoint, db)
                try db.execute(
                    sql: """
                        UPDATE upload SET status = 'cancelled', requested = NULL, finished_at = :now, \(Self.forgetSecrets)
                        WHERE id = :id
                        """,
                    arguments: ["now": now, "id": id]
                )
            case (.completed, _), (.cancelled, _):
                throw UploadStoreError(
                    .refused,
                    "upload \(id) is \(row.status.rawValue) already; there is nothing to cancel"
                )
            }
        }
    }

    /// failed or cancelled → pending.
    ///
    /// A failed upload goes on in the phase that failed, a cancelled one starts over. Asking for it settles what was in
    /// doubt: a finalize or a last byte whose outcome is unknown is sent again. Not so where it failed by something else,
    /// as `poison` or a source that is missing: nobody was told of a doubt then.
    ///
    /// - Parameters:
    ///   - id: The upload.
    ///   - fromStart: Whether a failed one starts over too, with a grant of its own where its destination gives them.
    /// - Throws: ``UploadStoreError`` `refused` when it is neither failed nor cancelled, or has used up its only grant.
    package func retry(_ id: Int64, fromStart: Bool = false) async throws {
        try await commits.write { [checkpoint] db in
            let row = try Self.row(id, db)
            let mints = try Self.mints(row.destination, db)
            let lacksGrant = row.lastErrorCode == GrantlessUpload.code
            let startsOver =
                fromStart || lacksGrant || ["source_changed", "foreign_bytes"].contains(row.lastErrorCode)
                || (mints && row.lastErrorCode == "grant_expired")
            switch row.status {
            case .failed where startsOver:
                guard try !lacksGrant || mints || Self.needsNoGrant(row.destination, db) else {
                    throw UploadStoreError(
                        .refused,
                        "upload \(id) is in a copy of its queue, which holds no grants; add the file again with a new one"
                    )
                }
                guard mints || row.uploadToken == nil || row.finalizeSent == 0 else {
                    throw UploadStoreError(
                        .refused,
                        "upload \(id) has used its grant to finalize; add the file again with a new grant"
                    )
                }
                let forgets = mints && row.uploadToken != nil
                if forgets { try Self.noteErasedSecrets(id, checkpoint, db) }
                let isNew = row.lastErrorCode == "source_changed"
                // A claim turns mint into create where the destination no longer mints.
                let phase = mints || row.phase == .mint ? "mint" : "create"
                try db.execute(
                    sql: """
                        UPDATE upload SET status = 'pending', phase = '\(phase)', finished_at = NULL,
                            attempt = 0, crashes = 0, restarts = 0, tries = 0, same_error = 0, \(Self.freshDeadline),
                            retry_at = NULL, upload_url = NULL, upload_offset = 0, completing = 0, finalize_sent = 0, captured = NULL
                            \(isNew ? ", upload_length = NULL, source_mtime_ns = NULL" : "")
                            , \(forgets ? "endpoint = NULL, upload_token = NULL, expires_at = NULL" : Self.forgetUploadExpires)
                        WHERE id = ?
                        """,
                    arguments: [id]
                )
            case .failed where [.mint, .create, .confirm].contains(row.phase) || row.uploadURL != nil:
                try db.execute(
                    sql: """
                        UPDATE upload SET status = 'pending', finished_at = NULL, attempt = 0, crashes = 0, restarts = 0,
                            tries = 0, same_error = 0, retry_at = NULL, \(Self.freshDeadline),
                            completing = CASE WHEN last_error_code IN (\(Self.unasked)) THEN completing ELSE 0 END,
                            finalize_sent = CASE WHEN last_error_code IN (\(Self.unasked)) THEN finalize_sent ELSE 0 END
                        WHERE id = ?
                        """,
                    arguments: [id]
                )
            case .cancelled:
                guard try mints || Self.needsNoGrant(row.destination, db) else {
                    throw UploadStoreError(
                        .refused,
                        "upload \(id) forgot its grant when it was cancelled; add the file again"
                    )
                }
                try db.execute(
                    sql: """
                        UPDATE upload SET status = 'pending', phase = '\(mints ? "mint" : "create")', finished_at = NULL,
                            attempt = 0, crashes = 0, restarts = 0, tries = 0, same_error = 0, \(Self.freshDeadline),
                            retry_at = NULL, upload_url = NULL, upload_offset = 0, completing = 0, finalize_sent = 0,
                            captured = NULL, expires_at = NULL,
                            last_error_code = NULL, last_error = NULL WHERE id = ?
                        """,
                    arguments: [id]
                )
            default:
                throw UploadStoreError(
                    .refused,
                    "upload \(id) is \(row.status.rawValue); only failed or cancelled ones are retried"
                )
            }
        }
    }

    /// What an upload can fail with while nobody knows what came of a request before: it says nothing of that.
    private static let unasked = """
        'poison', 'too_many_attempts', 'deadline_passed', 'source_missing', 'source_unreadable', 'source_not_a_file',
        'no_endpoint', 'invalid_destination', 'invalid_metadata', 'upload_invalid'
        """

    /// A deadline that has passed would fail it again at once.
    private static let freshDeadline =
        "deadline = CASE WHEN last_error_code = 'deadline_passed' THEN NULL ELSE deadline END"

    /// failed → completed: a person saw at the destination that the file is there.
    package func markCompleted(_ id: Int64, now: String) async throws {
        try await commits.write { [checkpoint] db in
            let row = try Self.row(id, db)
            guard row.status == .failed, [.transfer, .finalize, .confirm].contains(row.phase) else {
                throw UploadStoreError(
                    .refused,
                    "upload \(id) is \(row.status.rawValue) in phase \(row.phase.rawValue); only a failed one whose bytes "
                        + "were sent can be marked as completed"
                )
            }
            try Self.noteErasedSecrets(id, checkpoint, db)
            try db.execute(
                sql: """
                    UPDATE upload SET status = 'completed', phase = 'done', finished_at = :now, \(Self.forgetSecrets)
                    WHERE id = :id
                    """,
                arguments: ["now": now, "id": id]
            )
        }
    }

    private func change(
        _ id: Int64,
        _ assignments: [Status: String],
        _ verb: String,
        name: StaticString = #function,
        _ check: @escaping @Sendable (UploadRow) throws -> Void = { _ in }
    ) async throws {
        try await commits.write(name: name) { db in
            let row = try Self.row(id, db)
            try check(row)
            guard let assignment = assignments[row.status] else {
                throw UploadStoreError(.refused, "upload \(id) is \(row.status.rawValue); it cannot \(verb)")
            }
            try db.execute(sql: "UPDATE upload SET \(assignment) WHERE id = ?", arguments: [id])
        }
    }

    private static func needsNoGrant(_ destination: String, _ db: Database) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: "SELECT endpoint IS NOT NULL AND finalize = 'none' FROM destination WHERE name = ?",
            arguments: [destination]
        ) ?? false
    }

    /// Whether the queue gets the grants of a destination by itself.
    private static func mints(_ destination: String, _ db: Database) throws -> Bool {
        try Bool.fetchOne(db, sql: "SELECT mints FROM destination WHERE name = ?", arguments: [destination]) ?? false
    }

    private static func row(_ id: Int64, _ db: Database) throws -> UploadRow {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM upload WHERE id = ?", arguments: [id]) else {
            throw UploadStoreError(.notFound, "there is no upload \(id)")
        }
        return try UploadRow(row)
    }
}
