internal import UploadStore

/// How far a batch is, now and after each change, until none of its uploads is unfinished.
public struct BatchProgress: AsyncSequence, Sendable {
    /// How far a batch is.
    public struct Element: Sendable, Equatable {
        /// The batch.
        public var batch: Batch
        /// Bytes that servers are known to have.
        public var bytesThere: Int64
        /// Bytes of all files.
        public var bytes: Int64
        /// Bytes a second that servers got over the last seconds; nil before there is a second to tell from.
        public var bytesPerSecond: Double?
        /// How long the rest takes at that rate; nil where that cannot be told.
        public var timeLeft: Duration?
    }

    let queue: UploadQueue
    let name: String

    /// Reads the batch, then again after each change.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let queue: UploadQueue
        let name: String
        var last: Batch?
        var rate = TransferRate()
        let start = ContinuousClock.now

        /// How the batch stands after the next change.
        ///
        /// - Returns: The progress; nil after none of its uploads was unfinished.
        /// - Throws: ``UploadQueueError`` `not_found` where there is no such batch, or `CancellationError`.
        public mutating func next() async throws -> Element? {
            if let last, last.unfinished == 0 { return nil }
            let watch = queue.store.watch
            while true {
                let mark = try await UploadQueueError.wrapping { try await watch.mark() }
                guard let batch = try await queue.batch(name) else {
                    throw UploadQueueError(.notFound, "there is no batch \(name)")
                }
                if batch != last {
                    last = batch
                    return element(batch)
                }
                try await UploadQueueError.wrapping { try await watch.change(since: mark) }
            }
        }

        private mutating func element(_ batch: Batch) -> Element {
            let there = batch.counts.reduce(0) { $0 + $1.bytesThere }
            let bytes = batch.counts.reduce(0) { $0 + $1.bytes }
            rate.add(there, at: (ContinuousClock.now - start).seconds)
            return Element(
                batch: batch,
                bytesThere: there,
                bytes: bytes,
                bytesPerSecond: rate.perSecond,
                timeLeft: rate.secondsLeft(for: bytes - there).map { .seconds($0) }
            )
        }
    }

    /// Starts a reading of its own.
    ///
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(queue: queue, name: name) }
}
