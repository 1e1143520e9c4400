extension Problem.Code {
    /// What happened and what to do, each a sentence without its final period.
    var explanation: (happened: String, advice: String) {
        switch self {
        case .serverBusy: ("The server asks its clients to wait", "It is tried again later")
        case .serverError: ("The server had an error", "It is tried again later")
        case .serverFull: ("The server has no room left", "It is tried again later; the server needs more storage")
        case .conflict: ("The server holds the upload or has it at another offset", "It is tried again later")
        case .malformedAnswer:
            ("The server's answer is not one of the tus protocol", "Check that the endpoint is a tus server")
        case .noProgress: ("The server keeps refusing bytes at the offset that it names", "It is tried again later")
        case .refused: ("The server refused the request", "Correct what it names, then retry the upload")
        case .versionNotSupported:
            ("The server does not speak tus 1.0.0", "Use an endpoint that supports this version")
        case .credentialsRefused:
            ("The server does not accept the credentials", "Renew the destination's headers, then resume the upload")
        case .permissionRefused:
            ("The server denies permission", "Give the credentials the permission, then resume the upload")
        case .preconditionRequired:
            ("The server needs something of its user first", "Do what it asks, then resume the upload")
        case .quotaExceeded: ("The account's quota is used up", "Free or buy space, then resume the upload")
        case .grantExpired:
            (
                "The server no longer takes the upload token",
                "Get a new grant from the host and add the file again; retry, where the queue gets grants by itself"
            )
        case .grantReplaced:
            (
                "The server no longer takes the upload token",
                "Another one is asked for, and the first byte is sent again"
            )
        case .notReady: ("The host is still processing the file", "It is asked again later")
        case .unconfirmed:
            ("The host has the file and did not say that it is ready", "Look at the file at the host")
        case .unverified:
            ("The host has the file, and its checksum could not be compared", "Look at the file at the host")
        case .processingFailed:
            ("The host could not process the file", "Look at the file at the host; then retry, or add another file")
        case .sizeMismatch:
            ("The host's file has another size than the one sent", "Remove it at the host, then add the file again")
        case .uploadGone: ("The server no longer has the upload", "It is created again and starts at the first byte")
        case .goneTooOften:
            ("The server lost the upload too often", "Check how long the server keeps uploads, then retry")
        case .completionOutcomeUnknown:
            (
                "The server no longer has the upload, and the last byte may have arrived before",
                "Look at the destination: if the file is not there, retry the upload"
            )
        case .finalizeOutcomeUnknown:
            (
                "The upload was finalized with an unknown outcome",
                "Look at the destination: if the file is not there, retry the upload"
            )
        case .redirectRefused:
            ("The server redirects to where an upload is not sent", "Use the final URL as the destination's endpoint")
        case .fileTooLarge: ("The file is larger than the server accepts", "Use a smaller file or another server")
        case .requestTooLarge:
            (
                "The server refuses even the smallest request as too large",
                "Raise the body limit of the server or of the proxy in front of it, then retry the upload"
            )
        case .checksumMismatch:
            ("The bytes did not reach the server as they were sent", "Check the source file, then retry the upload")
        case .lengthMismatch:
            ("The server has another length for this upload", "Cancel the upload and add the file again")
        case .foreignBytes:
            (
                "The server's new upload has bytes that were not sent to it",
                "Cancel the upload, which deletes them there, and add the file again; or add it under another name"
            )
        case .creationNotSupported:
            ("The server does not let clients create uploads", "Use an endpoint that supports tus creation")
        case .notDeleted:
            ("The server did not delete the upload", "Nothing is left to do here; the server may keep what it has")
        case .metadataInvalid: ("The metadata cannot be sent", "Correct the metadata")
        case .uploadInvalid: ("The upload lacks what its phase needs", "Cancel the upload and add the file again")
        }
    }
}
