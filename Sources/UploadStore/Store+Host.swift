internal import GRDB

/// The owner's writes around what a host wants beside tus.
extension Store {
    /// mint → create, or mint → transfer where the host created the upload itself.
    ///
    /// The grant is durable before it is used.
    ///
    /// - Parameters:
    ///   - claim: The claim.
    ///   - endpoint: Where the upload is created.
    ///   - token: What authorizes it.
    ///   - uploadURL: The upload, where it exists already.
    ///   - captured: What later requests need, a JSON object.
    ///   - expiresAt: When it is no longer used for a new upload.
    /// - Returns: What a person asked meanwhile.
    /// - Throws: ``UploadStoreError``, `claim_lost` once the claim is lost.
    @discardableResult
    package func minted(
        _ claim: Claim,
        endpoint: String,
        token: String,
        uploadURL: String? = nil,
        captured: String? = nil,
        expiresAt: String?
    ) async throws -> UploadRow.Request? {
        try checkKeepsSecrets()
        return try await own(
            claim,
            """
            phase = CASE WHEN :url IS NULL THEN 'create' ELSE 'transfer' END, endpoint = :endpoint,
            upload_token = :token, upload_url = :url, captured = :captured, expires_at = :expiresAt, attempt = 0,
            retry_at = NULL
            """,
            [
                "endpoint": endpoint, "token": token, "url": uploadURL, "captured": captured, "expiresAt": expiresAt,
            ]
        )
    }

    /// A grant's token is kept only where nobody else can read it.
    ///
    /// - Throws: ``UploadStoreError`` `wrong_permissions`.
    package func checkKeepsSecrets() throws {
        guard isOwn || DatabaseFile.isPrivate(path: path) else {
            throw UploadStoreError(
                .wrongPermissions,
                "\(path) can be read by other users, and a grant is a secret; run: chmod 600 '\(path)'*"
            )
        }
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
