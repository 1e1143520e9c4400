internal import Foundation
package import UploadStore

/// A durable queue of uploads in one SQLite file.
///
/// Open it, save a ``Destination``, add files, and run a ``UploadProcessor``:
///
/// ```swift
/// let queue = try await UploadQueue.open("uploads.db")
/// try await queue.save(.tus("archive", endpoint: "https://tus.example.org/files/"))
/// let upload = try await queue.add(.file("scan-001.tif"), to: "archive")
/// try await queue.processor(options: .init(drain: true)).run()
/// ```
///
/// Several processes may use one file at the same time: each upload is worked by one processor at most.
public struct UploadQueue: Sendable {
    package let store: Store
    /// Wakes the processors of this process.
    let work: ChangeSignal

    /// Where the queue's own copies of sources are.
    var spool: Spool { Spool(databasePath: path, mark: store.spoolMark) }

    /// The absolute path of the database file.
    public var path: String { store.path }

    /// Opens a queue, or creates it with mode 0600.
    ///
    /// - Parameter path: A file on a local filesystem, absolute or relative to the working directory. Its folder exists.
    /// - Returns: The queue. It is open for as long as a copy of it lives.
    /// - Throws: ``UploadQueueError``. A file that is refused is left as it is.
    public static func open(_ path: String) async throws -> UploadQueue {
        try UploadQueueError.wrapping {
            UploadQueue(store: try Store.open(path: AbsolutePath.of(path)), work: ChangeSignal())
        }
    }

    /// Stores a destination, or changes the one of that name.
    ///
    /// Uploads that were not created yet go where the destination points now.
    ///
    /// - Parameter destination: The destination.
    /// - Throws: ``UploadQueueError`` `invalid_destination` when its name, URL, headers, metadata or chunk size is wrong.
    public func save(_ destination: Destination) async throws {
        let row = try destination.row()
        try await UploadQueueError.wrapping { try await store.save(row) }
        work.signal()
    }

    /// Every destination, by name.
    ///
    /// - Returns: The destinations.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    public func destinations() async throws -> [Destination] {
        try await UploadQueueError.wrapping { try await store.destinations().map(Destination.init) }
    }

    /// One destination.
    ///
    /// - Parameter name: Its name.
    /// - Returns: The destination, nil where there is none of that name.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    public func destination(_ name: String) async throws -> Destination? {
        try await UploadQueueError.wrapping { try await store.destination(name).map(Destination.init) }
    }

    /// Removes a destination that no upload uses.
    ///
    /// - Parameter name: Its name.
    /// - Throws: ``UploadQueueError`` `not_found`, or `refused` when uploads use it.
    public func removeDestination(_ name: String) async throws {
        try await UploadQueueError.wrapping { try await store.removeDestination(name) }
    }

    /// A service that works the queue.
    ///
    /// - Parameter options: How; the default works until it is shut down.
    /// - Returns: The processor; run it once, in a `ServiceGroup` or by itself.
    public func processor(options: UploadProcessor.Options = .init()) -> UploadProcessor {
        UploadProcessor(queue: self, options: options)
    }
}
