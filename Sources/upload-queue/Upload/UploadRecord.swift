import Uploads

/// An upload in `--json`: the columns of its row that are no secret.
struct UploadRecord: Encodable {
    let id: Int64
    let status: String
    let phase: String
    let sourcePath: String
    let destination: String
    let uploadOffset: Int64
    @OrNull var uploadLength: Int64?
    @OrNull var uploadUrl: String?
    let attempt: Int
    @OrNull var filename: String?
    @OrNull var contentType: String?
    @OrNull var notBefore: String?
    @OrNull var retryAt: String?
    @OrNull var pauseReason: String?
    @OrNull var requested: String?
    @OrNull var expiresAt: String?
    @OrNull var lastErrorCode: String?
    @OrNull var lastError: String?
    @OrNull var response: String?
    let captured: [String: String]
    let priority: Int
    @OrNull var batch: String?
    let tags: [String]
    @OrNull var deadline: String?
    let copied: Bool
    @OrNull var originalPath: String?
    @OrNull var afterCompletion: String?
    let createdAt: String
    @OrNull var finishedAt: String?
    /// The history, only in `show`.
    var history: [EventRecord]?

    init(_ upload: Upload, history: [UploadEvent]? = nil) {
        id = upload.id
        status = upload.status.rawValue
        phase = upload.phase.rawValue
        sourcePath = upload.sourcePath
        destination = upload.destination
        uploadOffset = upload.offset
        uploadLength = upload.length
        uploadUrl = upload.uploadURL
        attempt = upload.attempt
        filename = upload.filename
        contentType = upload.contentType
        notBefore = upload.notBefore
        retryAt = upload.retryAt
        pauseReason = upload.pauseReason
        requested = upload.requested
        expiresAt = upload.expiresAt
        lastErrorCode = upload.failure?.code
        lastError = upload.failure?.message
        response = upload.response
        captured = upload.captured
        priority = upload.priority
        batch = upload.batch
        tags = upload.tags
        deadline = upload.deadline
        copied = upload.isCopied
        originalPath = upload.originalPath
        afterCompletion = upload.afterCompletion
        createdAt = upload.createdAt
        finishedAt = upload.finishedAt
        self.history = history?.map(EventRecord.init)
    }
}

/// A line of an upload's history in `--json`: the columns of `upload_event`.
struct EventRecord: Encodable {
    let seq: Int64
    let at: String
    let event: String
    let status: String
    let phase: String
    let uploadOffset: Int64
    let attempt: Int
    @OrNull var workerId: Int64?
    @OrNull var errorCode: String?
    @OrNull var error: String?

    init(_ event: UploadEvent) {
        seq = event.id
        at = event.at
        self.event = event.event
        status = event.status
        phase = event.phase
        uploadOffset = event.offset
        attempt = event.attempt
        workerId = event.workerID
        errorCode = event.failure?.code
        error = event.failure?.message
    }
}
