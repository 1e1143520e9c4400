internal import GRDB

/// The owner's writes around what a host wants beside tus.
extension Store {
    /// mint → create: the grant is durable before it is used.
    ///
    /// - Parameters:
    ///   - claim: The claim.
    ///   - endpoint: Where the upload is created.
    ///   - token: What authorizes it.
    ///   - expiresAt: When it is no longer used for a new upload.
    /// - Returns: What a person asked meanwhile.
    /// - Throws: ``UploadStoreError``, `claim_lost` once the claim is lost.
    @discardableResult
    package func minted(
        _ claim: Claim,
        endpoint: String,
        token: String,
        expiresAt: String?
    ) async throws -> UploadRow.Request? {
        try await own(
            claim,
            """
            phase = 'create', endpoint = :endpoint, upload_token = :token, expires_at = :expiresAt, attempt = 0,
            retry_at = NULL
            """,
            ["endpoint": endpoint, "token": token, "expiresAt": expiresAt]
        )
    }

    /// confirm → done and completed; the note tells that the host did not say that the file is ready.
    package func confirmed(_ claim: Claim, note: (code: String, message: String)?, now: String) async throws {
        try await commits.write { [checkpoint] db in
            _ = try Self.own(
                claim,
                "phase = 'done', last_error_code = :code, last_error = :message",
                ["code": note?.code, "message": note?.message],
                db
            )
            try Self.finish(claim, now, checkpoint, db)
        }
    }
}
