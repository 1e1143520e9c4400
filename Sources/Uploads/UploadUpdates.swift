internal import UploadStore

/// An upload now and after each change, until it is finished.
public struct UploadUpdates: AsyncSequence, Sendable {
    /// The upload as it was when it was read.
    public typealias Element = Upload

    let queue: UploadQueue
    let id: Upload.ID

    /// Reads the upload, then again after each change.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let queue: UploadQueue
        let id: Upload.ID
        var last: Upload?

        /// The next state that differs from the last one.
        ///
        /// - Returns: The upload; nil after it was finished.
        /// - Throws: ``UploadQueueError`` `not_found` where there is no such upload, or `CancellationError`.
        public mutating func next() async throws -> Upload? {
            if let last, last.status.isFinished { return nil }
            let watch = queue.store.watch
            while true {
                let mark = try await UploadQueueError.wrapping { try await watch.mark() }
                guard let upload = try await queue.upload(id) else {
                    throw UploadQueueError(.notFound, "there is no upload \(id)")
                }
                if upload != last {
                    last = upload
                    return upload
                }
                try await UploadQueueError.wrapping { try await watch.change(since: mark) }
            }
        }
    }

    /// Starts a reading of its own.
    ///
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(queue: queue, id: id) }
}
