internal import UploadStore

/// One file on its way to one destination, as it was when it was read.
public struct Upload: Sendable, Equatable, Identifiable {
    /// The queue's view of an upload.
    public enum Status: String, Sendable, CaseIterable {
        /// Waits for a worker, a time, or both.
        case pending
        /// A worker holds it.
        case processing
        /// Waits for a person.
        case paused
        /// Every byte is there, and finalized where the destination asks for it.
        case completed
        /// Given up; ``UploadQueue/retry(_:from:)`` takes it up again.
        case failed
        /// Ended by a person.
        case cancelled

        /// Whether nothing more happens by itself.
        public var isFinished: Bool { self == .completed || self == .failed || self == .cancelled }
    }

    /// Where an upload is on the wire.
    public enum Phase: String, Sendable, CaseIterable {
        /// The host's API is asked for a grant.
        case mint
        /// The upload is created at the server.
        case create
        /// The bytes are sent.
        case transfer
        /// The host is told that all bytes are there.
        case finalize
        /// The host is asked whether the file is ready.
        case confirm
        /// Nothing is left to do.
        case done
    }

    /// What went wrong last.
    public struct Failure: Sendable, Equatable {
        /// The stable name of the kind.
        public var code: String
        /// What happened and what to do.
        public var message: String
    }

    /// The number of the upload in this queue.
    public var id: Int64
    /// The queue's view.
    public var status: Status
    /// Where it is on the wire.
    public var phase: Phase
    /// The absolute path of the file.
    public var sourcePath: String
    /// The name of the destination.
    public var destination: String
    /// Bytes that the server is known to have.
    public var offset: Int64
    /// Bytes of the file; nil until a worker looked at a file that SQL added.
    public var length: Int64?
    /// Tries of the current phase without progress.
    public var attempt: Int
    /// The name that the server is given; nil stands for the file's own.
    public var filename: String?
    /// The media type that the server is given; nil is told from the name's ending, where it is a common one.
    public var contentType: String?
    /// The URL of the upload at the server, while it is no secret.
    public var uploadURL: String?
    /// Not before this time (UTC, ISO 8601 with milliseconds).
    public var notBefore: String?
    /// The queue's own back-off ends then (UTC, ISO 8601 with milliseconds).
    public var retryAt: String?
    /// Why it is paused, where the queue did it: `credentials`, `permission` or `quota`.
    public var pauseReason: String?
    /// What a person asked of it while a worker holds it: `pause` or `cancel`.
    public var requested: String?
    /// When the server removes the upload unless it gets further, as it said last; with a grant, when that ends (UTC, ISO
    /// 8601 with milliseconds).
    public var expiresAt: String?
    /// What went wrong last; nil once it was overcome.
    public var failure: Failure?
    /// What the host answered to finalize; ``WixFile`` reads it.
    public var response: String?
    /// What the configuration of its destination keeps of the host's answers, by name: the file's id there, for example.
    public var captured: [String: String] = [:]
    /// Higher ones are worked first; -1,000 to 1,000.
    public var priority: Int = 0
    /// The batch that it belongs to; nil: none.
    public var batch: String?
    /// Words to find it by, sorted.
    public var tags: [String] = []
    /// Not begun after this time (UTC, ISO 8601 with milliseconds).
    public var deadline: String?
    /// What it is a copy of, where the queue keeps a copy of its own and that is of a file.
    public var originalPath: String?
    /// Whether its source is a copy of the queue's own.
    public var isCopied = false
    /// What is done with its source in the end: `delete` or `move`; nil: nothing.
    public var afterCompletion: String?
    /// When it was added (UTC, ISO 8601 with milliseconds).
    public var createdAt: String
    /// When it was completed, failed or cancelled (UTC, ISO 8601 with milliseconds).
    public var finishedAt: String?
}

extension Upload {
    init(_ row: UploadRow, tags: [String] = []) {
        self.init(
            id: row.id,
            status: Status(rawValue: row.status.rawValue) ?? .pending,
            phase: Phase(rawValue: row.phase.rawValue) ?? .create,
            sourcePath: row.sourcePath,
            destination: row.destination,
            offset: row.uploadOffset,
            length: row.uploadLength,
            attempt: row.attempt,
            filename: row.filename,
            contentType: row.contentType,
            uploadURL: row.uploadToken == nil ? row.uploadURL : nil,
            notBefore: row.notBefore,
            retryAt: row.retryAt,
            pauseReason: row.pauseReason,
            requested: row.requested?.rawValue,
            expiresAt: row.expiresAt,
            failure: row.lastErrorCode.map { Failure(code: $0, message: row.lastError ?? $0) },
            response: row.response,
            captured: row.captured.flatMap(JSONObject.decode) ?? [:],
            priority: row.priority,
            batch: row.batch.isEmpty ? nil : row.batch,
            tags: tags,
            deadline: row.deadline,
            originalPath: row.originalPath,
            isCopied: row.spooled,
            afterCompletion: row.spooled ? nil : row.afterCompletion,
            createdAt: row.createdAt,
            finishedAt: row.finishedAt
        )
    }
}
