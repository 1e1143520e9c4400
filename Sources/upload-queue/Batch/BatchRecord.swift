import Uploads

/// A batch in `--json`.
struct BatchRecord: Encodable {
    let name: String
    let state: String
    let uploads: Int
    let unfinished: Int
    let completed: Int
    let failed: Int
    let cancelled: Int
    let bytesThere: Int64
    let bytes: Int64
    let createdAt: String
    @OrNull var finishedAt: String?

    init(_ batch: Batch) {
        name = batch.name
        state =
            batch.finishedAt != nil ? "finished" : batch.isPaused ? "paused" : batch.isClosed ? "closed" : "open"
        uploads = batch.uploads
        unfinished = batch.unfinished
        completed = batch.count(.completed)
        failed = batch.count(.failed)
        cancelled = batch.count(.cancelled)
        bytesThere = batch.counts.reduce(0) { $0 + $1.bytesThere }
        bytes = batch.counts.reduce(0) { $0 + $1.bytes }
        createdAt = batch.createdAt
        finishedAt = batch.finishedAt
    }

    /// How many of its bytes servers have, in percent with one decimal.
    var percent: String {
        guard bytes > 0 else { return unfinished == 0 && uploads > 0 ? "100.0" : "0.0" }
        return "\((Double(bytesThere) / Double(bytes) * 1000).rounded(.down) / 10)"
    }
}
