internal import Foundation
internal import UploadStore

/// Uploads that belong together, and how they stand.
public struct Batch: Sendable, Equatable {
    /// The name.
    public var name: String
    /// Whether it was paused by ``UploadQueue/pause(_:)-(UploadScope)``.
    public var isPaused: Bool
    /// Whether no upload is added to it any more.
    public var isClosed: Bool
    /// When it was made (UTC, ISO 8601 with milliseconds).
    public var createdAt: String
    /// When it was closed and its last upload finished, for the first time (UTC, ISO 8601 with milliseconds).
    public var finishedAt: String?
    /// How its uploads stand now, by status; statuses that none has are left out.
    public var counts: [UploadQueue.StatusCount]

    /// How many uploads are in it.
    public var uploads: Int { counts.reduce(0) { $0 + $1.uploads } }

    /// How many of them are neither completed, failed nor cancelled.
    public var unfinished: Int { counts.filter { !$0.status.isFinished }.reduce(0) { $0 + $1.uploads } }

    /// How many of them have a status.
    ///
    /// - Parameter status: The status.
    /// - Returns: The count.
    public func count(_ status: Upload.Status) -> Int { counts.first { $0.status == status }?.uploads ?? 0 }

    init(_ row: BatchRow) {
        name = row.name
        isPaused = row.isPaused
        isClosed = row.isClosed
        createdAt = row.createdAt
        finishedAt = row.finishedAt
        counts = row.counts.compactMap(UploadQueue.StatusCount.init)
    }
}

extension UploadQueue {
    /// Batches by name.
    ///
    /// - Parameters:
    ///   - last: Only names behind this one; empty: from the first.
    ///   - limit: At most so many, 1 or more.
    /// - Returns: The batches.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    public func batches(after last: String = "", limit: Int = 1000) async throws -> [Batch] {
        try await UploadQueueError.wrapping { try await store.batches(after: last, limit: limit).map(Batch.init) }
    }

    /// One batch.
    ///
    /// - Parameter name: Its name.
    /// - Returns: The batch, nil where there is none of that name.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    public func batch(_ name: String) async throws -> Batch? {
        try await UploadQueueError.wrapping { try await store.batches(name: name).first.map(Batch.init) }
    }

    /// Says that no upload is added to a batch any more: once all of its uploads are finished, the batch is.
    ///
    /// That is recorded once, with the counts of that moment and an event `batch finished`, in the transaction that finishes
    /// its last upload, whichever process that is.
    ///
    /// - Parameter name: Its name.
    /// - Throws: ``UploadQueueError`` `not_found` where there is no such batch.
    public func close(batch name: String) async throws {
        try await UploadQueueError.wrapping { try await store.closeBatch(name) }
    }

    /// A batch now and after each change of it, from any process, until none of its uploads is unfinished.
    ///
    /// - Parameter name: Its name.
    /// - Returns: A sequence; it throws ``UploadQueueError`` `not_found` where there is no such batch.
    public func progress(ofBatch name: String) -> BatchProgress { BatchProgress(queue: self, name: name) }

    /// Waits until no upload of a batch is unfinished; paused ones are.
    ///
    /// - Parameter name: Its name.
    /// - Returns: The batch as it stands then.
    /// - Throws: ``UploadQueueError`` `not_found`, or `CancellationError` when the task is cancelled.
    @discardableResult
    public func waitUntilFinished(batch name: String) async throws -> Batch {
        var last: Batch?
        for try await progress in progress(ofBatch: name) { last = progress.batch }
        try Task.checkCancellation()
        guard let last else { throw UploadQueueError(.notFound, "there is no batch \(name)") }
        return last
    }
}
