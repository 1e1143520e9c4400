internal import Foundation
internal import Tus
internal import UploadStore

extension UploadQueue {
    /// Adds one file, and returns once it is on disk: from then on it survives a crash.
    ///
    /// - Parameters:
    ///   - source: The file.
    ///   - destination: The name of a saved destination.
    ///   - metadata: tus metadata beside the destination's own; the same key here wins.
    ///   - filename: The name that the server is given; nil stands for the file's own.
    ///   - contentType: The media type that the server is given; nil is told from the name's ending, where it is a
    ///     common one.
    ///   - grant: What the host's API returned for this file, where the destination wants one.
    ///   - options: Its order, its batch, and the like.
    /// - Returns: The upload as it was added; or another one that has its unique key already.
    /// - Throws: ``UploadQueueError`` `not_found` (no such destination), `invalid_source`, `invalid_metadata`,
    ///   `invalid_option`, `exists`, `refused`; nothing is added then.
    @discardableResult
    public func add(
        _ source: UploadSource,
        to destination: String,
        metadata: [String: String] = [:],
        filename: String? = nil,
        contentType: String? = nil,
        grant: Grant? = nil,
        options: AddOptions = .init()
    ) async throws -> Upload {
        let order = AddOrder(
            queue: self,
            destination: destination,
            metadata: metadata,
            filename: filename,
            contentType: contentType,
            grant: grant,
            options: options
        )
        guard let added = try await order.add([source]).first else { throw removed(source.path) }
        return try await upload(added.id, source.path)
    }

    /// Adds many files, and returns once they are on disk.
    ///
    /// Every file is looked at first, so that one that cannot be read adds none. Up to 500 are one transaction; of more,
    /// a crash in between leaves the first ones added.
    ///
    /// - Parameters:
    ///   - sources: The files.
    ///   - destination: The name of a saved destination that needs no grant.
    ///   - metadata: tus metadata of each, beside the destination's own.
    ///   - contentType: The media type that the server is given for each; nil is told from each name's ending.
    ///   - options: The order, the batch and the like of each.
    /// - Returns: The ids, in the order of the files; of one that has the unique key of another upload, that one's.
    /// - Throws: ``UploadQueueError`` as for one file.
    @discardableResult
    public func add(
        _ sources: [UploadSource],
        to destination: String,
        metadata: [String: String] = [:],
        contentType: String? = nil,
        options: AddOptions = .init()
    ) async throws -> [Upload.ID] {
        let order = AddOrder(
            queue: self,
            destination: destination,
            metadata: metadata,
            contentType: contentType,
            options: options
        )
        return try await order.add(sources).map(\.id)
    }

    /// Adds files as they come, in transactions of up to 500, with memory for no more than those.
    ///
    /// A crash, or an error, leaves the files of the transactions before it added. To begin again without adding any twice,
    /// give a unique key.
    ///
    /// - Parameters:
    ///   - sources: The files.
    ///   - destination: The name of a saved destination that needs no grant.
    ///   - metadata: tus metadata of each, beside the destination's own.
    ///   - contentType: The media type that the server is given for each; nil is told from each name's ending.
    ///   - options: The order, the batch and the like of each.
    ///   - rejected: Called for each file that cannot be added, with the reason, before the transaction that it would have
    ///     been in; it may throw to stop, and that transaction is not made then. By default it does.
    ///   - added: Called after each transaction with what is on disk now, in the order of the files.
    /// - Returns: How many uploads were added; those that were there before do not count.
    /// - Throws: ``UploadQueueError`` as for one file, or what the sources or the closures throw.
    @discardableResult
    public func add<Sources: AsyncSequence>(
        contentsOf sources: Sources,
        to destination: String,
        metadata: [String: String] = [:],
        contentType: String? = nil,
        options: AddOptions = .init(),
        rejected: (UploadSource, UploadQueueError) async throws -> Void = { throw $1 },
        added: ([Added]) async throws -> Void = { _ in }
    ) async throws -> Int where Sources.Element == UploadSource {
        let order = AddOrder(
            queue: self,
            destination: destination,
            metadata: metadata,
            contentType: contentType,
            options: options
        )
        return try await order.add(contentsOf: sources, rejected: rejected, added: added)
    }

    /// A file that was added with others.
    public struct Added: Sendable, Equatable {
        /// The file.
        public var source: UploadSource
        /// Its upload.
        public var id: Upload.ID
        /// Whether it was added now; else another upload has its unique key.
        public var isNew: Bool

        package init(source: UploadSource, id: Upload.ID, isNew: Bool) {
            self.source = source
            self.id = id
            self.isNew = isNew
        }
    }

    /// Adds bytes that are no file, and returns once they are on disk.
    ///
    /// The queue keeps them in a file of its own beside the database until the upload completed.
    ///
    /// - Parameters:
    ///   - bytes: The bytes, in pieces of any size; they are written as they come.
    ///   - filename: The name that the server is given.
    ///   - destination: The name of a saved destination.
    ///   - metadata: tus metadata beside the destination's own; the same key here wins.
    ///   - contentType: The media type that the server is given; nil is told from the name's ending.
    ///   - options: Its order, its batch, and the like.
    /// - Returns: The upload as it was added.
    /// - Throws: ``UploadQueueError`` as for a file, `disk_full` or `input_output` where the bytes cannot be stored, or what
    ///   the sequence throws; nothing is added then.
    @discardableResult
    public func add<Bytes: AsyncSequence>(
        bytes: Bytes,
        named filename: String,
        to destination: String,
        metadata: [String: String] = [:],
        contentType: String? = nil,
        options: AddOptions = .init()
    ) async throws -> Upload where Bytes.Element: Sequence<UInt8> & Sendable {
        let order = AddOrder(
            queue: self,
            destination: destination,
            metadata: metadata,
            filename: filename,
            contentType: contentType,
            options: options
        )
        return try await upload(try await order.add(bytes: bytes).id, filename)
    }

    /// Adds bytes that are no file, and returns once they are on disk.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - filename: The name that the server is given.
    ///   - destination: The name of a saved destination.
    ///   - metadata: tus metadata beside the destination's own; the same key here wins.
    ///   - contentType: The media type that the server is given; nil is told from the name's ending.
    ///   - options: Its order, its batch, and the like.
    /// - Returns: The upload as it was added.
    /// - Throws: ``UploadQueueError`` as for a sequence of bytes.
    @discardableResult
    public func add(
        bytes: [UInt8],
        named filename: String,
        to destination: String,
        metadata: [String: String] = [:],
        contentType: String? = nil,
        options: AddOptions = .init()
    ) async throws -> Upload {
        let (pieces, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        continuation.yield(bytes)
        continuation.finish()
        return try await add(
            bytes: pieces,
            named: filename,
            to: destination,
            metadata: metadata,
            contentType: contentType,
            options: options
        )
    }

    private func upload(_ id: Upload.ID, _ name: String) async throws -> Upload {
        guard let upload = try await upload(id) else { throw removed(name) }
        return upload
    }

    private func removed(_ name: String) -> UploadQueueError {
        UploadQueueError(.notFound, "the upload of \(name) was added and removed again")
    }

    /// Checks what a server is told of a file, without looking at the file.
    ///
    /// - Throws: ``UploadQueueError`` `invalid_metadata`.
    package static func checkNames(metadata: [String: String], filename: String?, contentType: String?) throws {
        _ = try UploadPlan.metadata(metadata)
        if let filename, !(1...1024 ~= filename.unicodeScalars.count) {
            throw UploadQueueError(.invalidMetadata, "a file name is 1 to 1,024 characters")
        }
        if let contentType, !(1...255 ~= contentType.unicodeScalars.count) || !HTTPFieldName.isValidValue(contentType) {
            throw UploadQueueError(.invalidMetadata, "a content type is 1 to 255 characters on one line")
        }
    }
}
