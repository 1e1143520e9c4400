internal import Foundation
internal import UploadStore

/// Where a retried upload starts.
public enum RetryStart: String, Sendable, CaseIterable {
    /// In the phase that failed, with what the server has.
    case failure
    /// At the beginning, as a new upload.
    case start
}

extension UploadQueue {
    /// Keeps an upload from being worked until it is resumed, also after a restart.
    ///
    /// Of an upload that a worker holds, the worker records the answer in hand and then lets go.
    ///
    /// - Parameter id: The upload.
    /// - Throws: ``UploadQueueError`` `not_found`, or `refused` when it is finished or paused already.
    public func pause(_ id: Upload.ID) async throws {
        try await UploadQueueError.wrapping { try await store.pause(id) }
        work.signal()
    }

    /// Lets a paused upload be worked again, whoever paused it.
    ///
    /// - Parameter id: The upload.
    /// - Throws: ``UploadQueueError`` `not_found`, or `refused` when it is finished.
    public func resume(_ id: Upload.ID) async throws {
        try await UploadQueueError.wrapping { try await store.resume(id) }
        work.signal()
    }

    /// Ends an upload.
    ///
    /// Where the server has a part of it, a worker deletes that first (tus 1.0, Termination).
    ///
    /// - Parameter id: The upload.
    /// - Throws: ``UploadQueueError`` `not_found`, or `refused` when it is completed or cancelled already.
    public func cancel(_ id: Upload.ID) async throws {
        try await UploadQueueError.wrapping {
            try await store.cancel(id, now: Timestamp.text(Date()))
            // This process may end now, and no other one knows that a secret still stands in the log.
            try await store.forgetErasedSecrets()
        }
        work.signal()
    }

    /// Takes a failed or cancelled upload up again.
    ///
    /// A failed one goes on in the phase that failed, one whose source changed starts over with the file as it is now,
    /// and a cancelled one starts over. Where it failed since the outcome of the last byte or of finalize is unknown, asking
    /// for a retry means to send it again.
    ///
    /// - Parameters:
    ///   - id: The upload.
    ///   - start: Where a failed one starts; by default where it failed. From the start it is sent as a new upload, also
    ///     where the outcome of an earlier one is unknown: then there may be two files at the destination.
    /// - Throws: ``UploadQueueError`` `not_found`, or `refused` when it is neither failed nor cancelled, its grant was
    ///   used up and the queue can get no other, or a worker is about to delete or move its file for another upload.
    public func retry(_ id: Upload.ID, from start: RetryStart = .failure) async throws {
        try await UploadQueueError.wrapping {
            try await store.retry(id, fromStart: start == .start)
            try await store.forgetErasedSecrets()
        }
        work.signal()
    }

    /// Ends a failed upload as completed: you looked at the destination, and the file is there.
    ///
    /// - Parameter id: The upload.
    /// - Throws: ``UploadQueueError`` `not_found`, or `refused` when it is not failed or its bytes were never sent.
    public func markCompleted(_ id: Upload.ID) async throws {
        try await UploadQueueError.wrapping {
            try await store.markCompleted(id, now: Timestamp.text(Date()))
            try await store.forgetErasedSecrets()
        }
        work.signal()
    }
}
