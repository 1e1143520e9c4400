internal import GRDB

/// The owner's writes: each is one transition of the contract, and fails with `claim_lost` once the claim is lost.
extension Store {
    /// Records what a source inserted by SQL is.
    package func identified(_ claim: Claim, as identity: SourceIdentity) async throws {
        try await own(
            claim,
            """
            upload_length = :length, source_mtime_ns = :modified, source_ctime_ns = :changed, source_inode = :inode,
            source_device = :device, source_boot_id = :boot
            """,
            [
                "length": identity.length, "modified": identity.modified, "changed": identity.changed,
                "inode": Int64(bitPattern: identity.inode), "device": Int64(bitPattern: identity.device),
                "boot": identity.bootID,
            ]
        )
    }

    /// create → transfer: durable before the first byte of the body is sent.
    ///
    /// - Parameters:
    ///   - claim: The claim.
    ///   - url: The `Location` of the created upload.
    ///   - completing: Whether the next request can carry the last byte.
    ///   - captured: What later requests need, a JSON object; nil leaves what is known.
    ///   - expiresAt: When the server removes the upload; where there is a grant, the end of that stays instead.
    /// - Returns: What a person asked meanwhile.
    /// - Throws: ``UploadStoreError``, `claim_lost` once the claim is lost.
    @discardableResult
    package func created(
        _ claim: Claim,
        url: String,
        completing: Bool,
        captured: String? = nil,
        expiresAt: String? = nil
    ) async throws -> UploadRow.Request? {
        try await own(
            claim,
            """
            phase = 'transfer', upload_url = :url, upload_offset = 0, completing = :completing, attempt = 0, crashes = 0,
            retry_at = NULL, last_error_code = NULL, last_error = NULL, captured = coalesce(:captured, captured),
            \(Self.uploadExpires)
            """,
            ["url": url, "completing": completing, "captured": captured, "expiresAt": expiresAt]
        )
    }

    /// transfer → transfer: the server's offset, and whether the next request can carry the last byte.
    ///
    /// An offset that advanced resets the attempts and the crashes; one that went back does not. `expiresAt` as in
    /// ``created(_:url:completing:captured:expiresAt:)``.
    @discardableResult
    package func acknowledged(
        _ claim: Claim,
        offset: Int64,
        completing: Bool,
        expiresAt: String? = nil
    ) async throws -> UploadRow.Request? {
        try await own(
            claim,
            """
            attempt = CASE WHEN :offset > upload_offset THEN 0 ELSE attempt END,
            crashes = CASE WHEN :offset > upload_offset THEN 0 ELSE crashes END,
            restarts = CASE WHEN :offset < upload_offset THEN restarts + 1 ELSE restarts END,
            upload_offset = :offset, completing = :completing, \(Self.uploadExpires)
            """,
            ["offset": offset, "completing": completing, "expiresAt": expiresAt]
        )
    }

    /// Of an upload with a grant the column tells when that ends.
    private static let uploadExpires = "expires_at = iif(upload_token IS NULL, :expiresAt, expires_at)"
    /// What a server says of an upload ends with it.
    static let forgetUploadExpires = "expires_at = iif(upload_token IS NULL, NULL, expires_at)"

    /// transfer → finalize, or → done and completed: the server has every byte.
    @discardableResult
    package func transferred(_ claim: Claim, next: Phase, now: String) async throws -> UploadRow.Request? {
        try await commits.write { [checkpoint] db in
            let requested = try Self.own(
                claim,
                """
                phase = :phase, upload_offset = upload_length, completing = 0, attempt = 0, crashes = 0,
                retry_at = NULL, last_error_code = NULL, last_error = NULL
                """,
                ["phase": next.rawValue],
                db
            )
            if next == .done { try Self.finish(claim, now, checkpoint, db) }
            return requested
        }
    }

    /// finalize → finalize: a finalize is about to be sent.
    @discardableResult
    package func finalizeSent(_ claim: Claim) async throws -> UploadRow.Request? {
        try await own(claim, "finalize_sent = finalize_sent + 1", [:])
    }

    /// finalize → confirm, or → done and completed: what the host answered.
    @discardableResult
    package func finalized(
        _ claim: Claim,
        response: String,
        next: Phase = .done,
        now: String
    ) async throws -> UploadRow.Request? {
        try await commits.write { [checkpoint] db in
            let requested = try Self.own(
                claim,
                """
                phase = :phase, response = :response, attempt = 0, crashes = 0, retry_at = NULL, last_error_code = NULL,
                last_error = NULL
                """,
                ["phase": next.rawValue, "response": response],
                db
            )
            if next == .done { try Self.finish(claim, now, checkpoint, db) }
            return requested
        }
    }

    static func finish(_ claim: Claim, _ now: String, _ checkpoint: Checkpoint, _ db: Database) throws {
        try noteErasedSecrets(claim.uploadID, checkpoint, db)
        _ = try own(
            claim,
            "status = 'completed', finished_at = :now, worker_id = NULL, requested = NULL, \(forgetSecrets)",
            ["now": now],
            db
        )
    }

    /// processing → pending: tried again not before a time.
    ///
    /// What a person asked meanwhile stays asked, and does not wait; what was asked before the claim was tried under it,
    /// and waits. A finalize that was recorded but never left is taken back.
    package func tryLater(
        _ claim: Claim,
        at retryAt: String,
        code: String,
        message: String,
        requestIsOld: Bool = false,
        finalizeWasUnsent: Bool = false
    ) async throws {
        try await own(
            claim,
            """
            status = 'pending', worker_id = NULL, attempt = attempt + 1, tries = tries + 1,
            same_error = CASE WHEN last_error_code = :code THEN same_error + 1 ELSE 1 END,
            retry_at = CASE WHEN requested IS NULL OR :old THEN :retryAt END,
            finalize_sent = finalize_sent - :unsent, last_error_code = :code, last_error = :message
            """,
            [
                "retryAt": retryAt, "code": code, "message": message, "old": requestIsOld,
                "unsent": finalizeWasUnsent ? 1 : 0,
            ]
        )
    }

    /// transfer → create, or to mint and without the grant: the server no longer has the upload, or takes the grant.
    @discardableResult
    package func gone(
        _ claim: Claim,
        next: Phase = .create,
        code: String,
        message: String
    ) async throws -> UploadRow.Request? {
        try await commits.write { [checkpoint] db in
            let forgets = next == .mint
            if forgets { try Self.noteErasedSecrets(claim.uploadID, checkpoint, db) }
            let grant =
                forgets ? "endpoint = NULL, upload_token = NULL, expires_at = NULL" : Self.forgetUploadExpires
            return try Self.own(
                claim,
                """
                phase = :phase, upload_url = NULL, upload_offset = 0, completing = 0, captured = NULL,
                restarts = restarts + 1,
                last_error_code = :code, last_error = :message, \(grant)
                """,
                ["phase": next.rawValue, "code": code, "message": message],
                db
            )
        }
    }

    /// processing → pending, with nothing counted: the worker stops.
    package func released(_ claim: Claim) async throws {
        try await own(claim, "status = 'pending', worker_id = NULL", [:])
    }

    /// processing → failed: secrets are kept for `retry`.
    package func failed(_ claim: Claim, code: String, message: String, now: String) async throws {
        try await own(
            claim,
            """
            status = CASE requested WHEN 'cancel' THEN 'pending' ELSE 'failed' END, worker_id = NULL,
            finished_at = CASE requested WHEN 'cancel' THEN NULL ELSE :now END,
            requested = CASE requested WHEN 'cancel' THEN 'cancel' END,
            last_error_code = :code, last_error = :message
            """,
            ["now": now, "code": code, "message": message]
        )
    }

    /// processing → cancelled: the server has nothing of it left, or could not be made to forget it.
    package func deleted(_ claim: Claim, note: (code: String, message: String)?, now: String) async throws {
        try await commits.write { [checkpoint] db in
            try Self.noteErasedSecrets(claim.uploadID, checkpoint, db)
            _ = try Self.own(
                claim,
                """
                status = 'cancelled', worker_id = NULL, requested = NULL, finished_at = :now,
                last_error_code = :code, last_error = :message, \(Self.forgetSecrets)
                """,
                ["now": now, "code": note?.code, "message": note?.message],
                db
            )
        }
    }

    /// What completed or cancelled uploads forget: a grant's token, and the URLs that came with it.
    static let forgetSecrets = """
        upload_token = NULL,
        upload_url = CASE WHEN upload_token IS NULL THEN upload_url END,
        endpoint = CASE WHEN upload_token IS NULL THEN endpoint END
        """

    /// Notes, before an upload forgets its token, that the log will still hold it.
    static func noteErasedSecrets(_ id: Int64, _ checkpoint: Checkpoint, _ db: Database) throws {
        let hasToken = try Bool.fetchOne(
            db,
            sql: "SELECT upload_token IS NOT NULL FROM upload WHERE id = ?",
            arguments: [id]
        )
        if hasToken == true { checkpoint.secretsWereErased() }
    }

    @discardableResult
    func own(
        _ claim: Claim,
        _ assignments: String,
        _ arguments: [String: (any DatabaseValueConvertible & Sendable)?],
        name: StaticString = #function
    ) async throws -> UploadRow.Request? {
        try await commits.write(name: name) { db in try Self.own(claim, assignments, arguments, db) }
    }

    /// Changes exactly the claimed row, or fails because the claim was lost.
    static func own(
        _ claim: Claim,
        _ assignments: String,
        _ arguments: [String: (any DatabaseValueConvertible & Sendable)?],
        _ db: Database
    ) throws -> UploadRow.Request? {
        var arguments = arguments
        arguments["claimID"] = claim.uploadID
        arguments["claimWorker"] = claim.workerID
        arguments["claimGeneration"] = claim.generation
        let statement = try db.cachedStatement(
            sql: """
                UPDATE upload SET revision = revision + 1, \(assignments)
                WHERE id = :claimID AND worker_id = :claimWorker AND generation = :claimGeneration
                RETURNING coalesce(requested, CASE
                    WHEN (SELECT paused FROM queue)
                        OR (SELECT paused FROM destination WHERE name = upload.destination)
                        OR (SELECT paused FROM batch WHERE name = upload.batch) THEN 'hold' END) AS requested
                """
        )
        let rows = try Row.fetchAll(statement, arguments: StatementArguments(arguments))
        guard rows.count == 1 else {
            throw UploadStoreError(
                .claimLost,
                "upload \(claim.uploadID) is worked by another worker now; this one stopped"
            )
        }
        return (rows[0]["requested"] as String?).flatMap(UploadRow.Request.init(rawValue:))
    }
}
