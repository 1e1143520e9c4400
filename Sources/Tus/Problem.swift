/// What went wrong, and what to do about it.
package struct Problem: Sendable, Equatable, Error {
    /// One of `Code`, or the code of a `RequestFailure`.
    package let code: String
    /// Sentences for a person, without tokens, header values and URLs.
    package let message: String

    /// A problem as given.
    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    /// A problem that this target names.
    package init(_ code: Code, _ message: String) {
        self.init(code: code.rawValue, message: message)
    }
}

extension Problem {
    /// The problems that this target names.
    package enum Code: String, Sendable, CaseIterable {
        /// 429 and 503.
        case serverBusy = "server_busy"
        /// 408, 425 and 5xx.
        case serverError = "server_error"
        /// 507.
        case serverFull = "server_full"
        /// 409 and 423.
        case conflict
        /// A 2xx that lacks what it must have, or a status that is none.
        case malformedAnswer = "malformed_answer"
        /// The server answered again and again, and its offset did not move.
        case noProgress = "no_progress"
        /// A refusal that the same request will meet again.
        case refused
        /// 412.
        case versionNotSupported = "version_not_supported"
        /// 401.
        case credentialsRefused = "credentials_refused"
        /// 403.
        case permissionRefused = "permission_refused"
        /// 428.
        case preconditionRequired = "precondition_required"
        /// 402, and the application code `SITE_QUOTA_EXCEEDED`.
        case quotaExceeded = "quota_exceeded"
        /// A grant that the server no longer takes.
        case grantExpired = "grant_expired"
        /// As `grantExpired`, where the queue gets another one.
        case grantReplaced = "grant_replaced"
        /// 404 and 410 for an upload that the server had: it is created again.
        case uploadGone = "upload_gone"
        /// As `uploadGone`, but too often.
        case goneTooOften = "gone_too_often"
        /// The server forgot an upload whose last byte may have arrived.
        case completionOutcomeUnknown = "completion_outcome_unknown"
        /// A finalize request was sent and it is unknown what came of it.
        case finalizeOutcomeUnknown = "finalize_outcome_unknown"
        /// The host is still processing the file.
        case notReady = "not_ready"
        /// The host did not say in time, or not at all, that the file is ready.
        case unconfirmed
        /// The host has its file, and its checksum was to be compared and could not be.
        case unverified
        /// The host could not process the file.
        case processingFailed = "processing_failed"
        /// The host's file has another size than ours.
        case sizeMismatch = "size_mismatch"
        /// A redirect to another origin, to nowhere, or one too many.
        case redirectRefused = "redirect_refused"
        /// 413 on create, or more than `Tus-Max-Size`.
        case fileTooLarge = "file_too_large"
        /// 413 on the smallest `PATCH`.
        case requestTooLarge = "request_too_large"
        /// 460 twice, or the host's file has another MD5 than ours.
        case checksumMismatch = "checksum_mismatch"
        /// The server has another length for the upload than we do.
        case lengthMismatch = "length_mismatch"
        /// A new upload has bytes at the server that were not sent to it.
        case foreignBytes = "foreign_bytes"
        /// The server names its extensions, and creation is not among them.
        case creationNotSupported = "creation_not_supported"
        /// A cancelled upload that the server keeps.
        case notDeleted = "not_deleted"
        /// Metadata that cannot be sent or read.
        case metadataInvalid = "metadata_invalid"
        /// A row that does not have what its phase needs.
        case uploadInvalid = "upload_invalid"
    }
}
