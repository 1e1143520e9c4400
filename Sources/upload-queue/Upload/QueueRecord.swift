import UploadStore
import Uploads

/// The queue as a whole in `--json`.
struct QueueRecord: Encodable {
    /// Uploads of one status.
    struct Count: Encodable {
        let status: String
        let uploads: Int
        let bytesThere: Int64
        let bytes: Int64
    }

    /// A worker that lives.
    struct Worker: Encodable {
        let id: Int64
        let pid: Int64
        let host: String
        let startedAt: String
        let uploads: Int
        /// When it showed last that it goes on.
        let seenAt: String

        init(_ worker: RunningWorker) {
            id = worker.id
            pid = worker.pid
            host = worker.host
            startedAt = worker.startedAt
            uploads = worker.uploads
            seenAt = worker.lastSeenAt
        }
    }

    /// Uploads that wait for the same thing.
    struct Waiting: Encodable {
        let reason: String
        @OrNull var detail: String?
        let uploads: Int
        @OrNull var until: String?
        let oldestUpload: Int64

        init(_ summary: WaitingSummary) {
            reason = summary.reason.rawValue
            uploads = summary.uploads
            oldestUpload = summary.oldestUpload
            detail = summary.detail
            until = summary.until
        }
    }

    /// An error that stands in the way of uploads.
    struct Trouble: Encodable {
        let lastErrorCode: String
        let uploads: Int
        let oldestUpload: Int64
        let lastError: String

        init(_ count: ErrorCount) {
            lastErrorCode = count.code
            uploads = count.uploads
            oldestUpload = count.oldestUpload
            lastError = count.message
        }
    }

    let database: String
    /// Whether the whole queue is paused.
    let paused: Bool
    /// Uploads that all workers together may hold.
    @OrNull var concurrency: Int?
    /// What all workers together may send.
    @OrNull var bytesPerSecond: Int64?
    /// Every status, also those that no upload has.
    let statuses: [Count]
    let workers: [Worker]
    let waiting: [Waiting]
    let errors: [Trouble]

    init(
        database: String,
        isPaused: Bool,
        limits: UploadQueue.Limits,
        counts: [UploadQueue.StatusCount],
        workers: [RunningWorker],
        waiting: [WaitingSummary],
        errors: [ErrorCount]
    ) {
        self.database = database
        paused = isPaused
        concurrency = limits.concurrency
        bytesPerSecond = limits.bytesPerSecond
        statuses = Upload.Status.allCases.map { status in
            let count = counts.first { $0.status == status }
            return Count(
                status: status.rawValue,
                uploads: count?.uploads ?? 0,
                bytesThere: count?.bytesThere ?? 0,
                bytes: count?.bytes ?? 0
            )
        }
        self.workers = workers.map(Worker.init)
        self.waiting = waiting.map(Waiting.init)
        self.errors = errors.map(Trouble.init)
    }
}
