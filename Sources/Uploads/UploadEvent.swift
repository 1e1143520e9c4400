internal import UploadStore

/// Something that happened to an upload: one line of the queue's append-only history.
public struct UploadEvent: Sendable, Equatable, Identifiable {
    /// The position in the history; it only grows.
    ///
    /// Give the last one seen to ``UploadQueue/events(after:of:limit:)``.
    public var id: Int64
    /// The upload; 0 where a batch finished.
    public var uploadID: Int64
    /// When (UTC, ISO 8601 with milliseconds).
    public var at: String
    /// What, in the words of the table `transition`.
    public var event: String
    /// The status afterwards.
    public var status: String
    /// The phase afterwards.
    public var phase: String
    /// Bytes that the server was known to have.
    public var offset: Int64
    /// Tries of the phase without progress.
    public var attempt: Int
    /// The worker, where one had a part in it.
    public var workerID: Int64?
    /// What went wrong, where something did.
    public var failure: Upload.Failure?
    /// The batch, of an event `batch finished`.
    public var batch: String?

    init(_ row: EventRow) {
        id = row.sequence
        uploadID = row.uploadID
        at = row.at
        event = row.event
        status = row.status
        phase = row.phase
        offset = row.uploadOffset
        attempt = row.attempt
        workerID = row.workerID
        failure = row.errorCode.map { Upload.Failure(code: $0, message: row.error ?? $0) }
        batch = row.batch
    }
}
