/// What a destination may say in a header of its own.
enum DestinationHeader {
    /// Their values are secrets, which are not stored.
    private static let credentials: Set<String> = [
        "authorization", "proxy-authorization", "cookie", "x-api-key", "x-signature", "apikey", "accesskey",
    ]

    /// What the queue itself says in each request (tus 1.0.0; RFC 9110, section 7.2; RFC 9112, sections 6 and 9).
    private static let reserved = framing.union(["content-type", "tus-resumable"])

    /// What makes a message of the bytes, and is HTTP's (RFC 9112, sections 6 and 9).
    private static let framing: Set<String> = [
        "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    /// The prefix of the headers that tus keeps for itself.
    private static let reservedPrefix = "upload-"

    /// Whether the value of a header is a secret.
    static func carriesCredentials(_ name: String) -> Bool { credentials.contains(name.lowercased()) }

    /// Whether a header is HTTP's own in any request.
    static func framesMessages(_ name: String) -> Bool { framing.contains(name.lowercased()) }

    /// Checks one header; no error repeats its value, which may be a secret.
    ///
    /// - Throws: ``UploadQueueError`` `invalid_destination`.
    static func check(_ name: String, value: String) throws {
        guard HTTPFieldName.isValid(name) else {
            throw UploadQueueError(
                .invalidDestination,
                "the name of a header is not a legal one: letters, digits and - (RFC 9110, section 5.1)"
            )
        }
        guard HTTPFieldName.isValidValue(value) else {
            throw UploadQueueError(
                .invalidDestination,
                "the value of the header \(name) is not a legal one: at most 8,192 bytes on one line"
            )
        }
        let folded = name.lowercased()
        guard !reserved.contains(folded), !folded.hasPrefix(reservedPrefix) else {
            throw UploadQueueError(.invalidDestination, "the header \(name) is the queue's own to send; leave it out")
        }
        if Secret.isReference(value) { return }
        guard !value.hasPrefix(Secret.environment) else {
            throw UploadQueueError(.invalidDestination, "the header \(name) names no environment variable after env:")
        }
        guard !value.hasPrefix(Secret.provider) else {
            throw UploadQueueError(.invalidDestination, "the header \(name) names no provider after provider:")
        }
        guard !carriesCredentials(name) else {
            throw UploadQueueError(
                .invalidDestination,
                "the header \(name) is a secret and is not stored; put it in an environment variable "
                    + "of the worker and give env:NAME as the value"
            )
        }
    }
}
