internal import Foundation
internal import UploadStore

extension UploadQueue {
    /// A copy of a queue.
    public struct Backup: Sendable, Equatable {
        /// The absolute path of its file.
        public var path: String
        /// Bytes of the file.
        public var bytes: Int64
        /// Uploads in it.
        public var uploads: Int
        /// Uploads of these whose grant was left out, and which therefore start over or wait for a person.
        public var grantsLeftOut: Int
    }

    /// Copies the queue, as it is at one moment, into a file that only its owner can read, also while workers run.
    ///
    /// The copy is a queue itself. It holds no grant: an upload that needs one gets another where the destination gives
    /// them, and is `failed` with `grant_not_copied` where it does not, or where the file may have arrived already. The
    /// copy is made under another name and renamed once it is whole and on disk. Never let workers work on both.
    ///
    /// - Parameters:
    ///   - path: The file, absolute or relative to the working directory. Its folder exists.
    ///   - replacing: Whether a file of that name is replaced; by default it is refused.
    ///   - progress: Called now and then with the part that is copied, 0 to 1.
    /// - Returns: What was copied.
    /// - Throws: ``UploadQueueError`` `refused` when the name is taken or the queue is in a database of yours, `disk_full`; or `CancellationError`. Nothing is left
    ///   of a copy that is not whole.
    @discardableResult
    public func backUp(
        to path: String,
        replacing: Bool = false,
        progress: @escaping @Sendable (Double) -> Void = { _ in }
    ) async throws -> Backup {
        let path = AbsolutePath.of(path)
        let copy = try await UploadQueueError.wrapping {
            try await store.backUp(to: path, replaces: replacing, now: Timestamp.text(Date()), progress: progress)
        }
        return Backup(path: path, bytes: copy.bytes, uploads: copy.uploads, grantsLeftOut: copy.grants)
    }
}
