public import Foundation
internal import UploadStore

extension UploadQueue {
    /// Which finished uploads are removed.
    public struct Retention: Sendable, Equatable {
        /// Uploads of these statuses; only completed, failed and cancelled ones are ever removed.
        public var statuses: [Upload.Status]
        /// Only those that finished before this time; nil: whenever they did.
        public var finishedBefore: Date?
        /// So many of them are kept, those that finished last; nil: none.
        public var keeping: Int?
        /// Only those of this batch.
        public var batch: String?
        /// Only those to this destination.
        public var destination: String?

        /// A retention; the default removes every completed or cancelled upload.
        ///
        /// - Parameters:
        ///   - statuses: Uploads of these statuses.
        ///   - finishedBefore: Only those that finished before this time.
        ///   - keeping: So many of them are kept.
        ///   - batch: Only those of this batch.
        ///   - destination: Only those to this destination.
        public init(
            statuses: [Upload.Status] = [.completed, .cancelled],
            finishedBefore: Date? = nil,
            keeping: Int? = nil,
            batch: String? = nil,
            destination: String? = nil
        ) {
            self.statuses = statuses
            self.finishedBefore = finishedBefore
            self.keeping = keeping
            self.batch = batch
            self.destination = destination
        }
    }

    /// What pruning removed.
    public struct Pruned: Sendable, Equatable {
        /// Uploads.
        public var uploads = 0
        /// Events of uploads that are not there any more.
        public var events = 0
    }

    /// Removes finished uploads, and their history as far as every consumer has read it.
    ///
    /// It goes on in short transactions, so that workers are not kept waiting. An upload whose source is still to be
    /// deleted or moved stays. The space is used again by what is added later.
    ///
    /// - Parameters:
    ///   - retention: Which.
    ///   - progress: Called after each step with what was removed so far.
    /// - Returns: What was removed.
    /// - Throws: ``UploadQueueError`` when the database cannot be written, or what `progress` throws; what was removed before
    ///   stays removed.
    @discardableResult
    public func prune(
        _ retention: Retention = .init(),
        progress: (Pruned) async throws -> Void = { _ in }
    ) async throws -> Pruned {
        let finished = retention.statuses.filter(\.isFinished).compactMap { Status(rawValue: $0.rawValue) }
        let own = UploadStore.Retention(
            statuses: finished,
            finishedBefore: retention.finishedBefore.map(Timestamp.text),
            keeps: retention.keeping,
            batch: retention.batch,
            destination: retention.destination
        )
        return try await UploadQueueError.wrapping {
            var pruned = Pruned()
            while !finished.isEmpty {
                try Task.checkCancellation()
                let step = try await store.prune(own)
                guard step.uploads > 0 else { break }
                step.copies.forEach(spool.remove)
                pruned.uploads += step.uploads
                try await progress(pruned)
            }
            try await pruneHistory(&pruned, progress)
            try await store.forgetErasedSecrets()
            return pruned
        }
    }

    /// Removes finished uploads by id, and their history as far as every consumer has read it.
    ///
    /// - Parameter ids: The uploads, at most 500.
    /// - Throws: ``UploadQueueError`` `not_found`, or `refused` where one is not finished; then none is removed.
    public func remove(_ ids: [Upload.ID]) async throws {
        try await UploadQueueError.wrapping {
            let step = try await store.remove(ids)
            step.copies.forEach(spool.remove)
            var pruned = Pruned()
            try await pruneHistory(&pruned) { _ in }
            try await store.forgetErasedSecrets()
        }
        work.signal()
    }

    private func pruneHistory(_ pruned: inout Pruned, _ progress: (Pruned) async throws -> Void) async throws {
        var position: Int64? = 0
        while let last = position {
            try Task.checkCancellation()
            let step = try await store.pruneHistory(after: last)
            position = step.next
            pruned.events += step.events
            try await progress(pruned)
        }
    }
}
