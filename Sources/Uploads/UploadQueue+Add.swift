public import Foundation
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
    ///   - notBefore: Not worked before this time; nil: at once.
    ///   - grant: What the host's API returned for this file, where the destination wants one.
    /// - Returns: The upload as it was added.
    /// - Throws: ``UploadQueueError`` `not_found` (no such destination), `invalid_source`, `invalid_metadata`, `refused`;
    ///   nothing is added then.
    @discardableResult
    public func add(
        _ source: UploadSource,
        to destination: String,
        metadata: [String: String] = [:],
        filename: String? = nil,
        contentType: String? = nil,
        notBefore: Date? = nil,
        grant: Grant? = nil
    ) async throws -> Upload {
        var new = try Self.newUpload(
            source,
            to: destination,
            metadata: metadata,
            filename: filename,
            contentType: contentType,
            notBefore: notBefore,
            grant: grant
        )
        if try await mints(destination, [new]), grant == nil { new.phase = .mint }
        let upload = new
        return try await UploadQueueError.wrapping {
            guard let id = try await store.add([upload]).first, let row = try await store.upload(id) else {
                throw UploadQueueError(.notFound, "the upload of \(source.path) was added and removed again")
            }
            work.signal()
            return Upload(row)
        }
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
    /// - Returns: The ids, in the order of the files.
    /// - Throws: ``UploadQueueError`` as for one file.
    @discardableResult
    public func add(
        _ sources: [UploadSource],
        to destination: String,
        metadata: [String: String] = [:],
        contentType: String? = nil
    ) async throws -> [Int64] {
        var new = try sources.map {
            try Self.newUpload($0, to: destination, metadata: metadata, contentType: contentType)
        }
        if try await mints(destination, new) { for index in new.indices { new[index].phase = .mint } }
        let uploads = new
        return try await UploadQueueError.wrapping {
            defer { work.signal() }
            return try await store.add(uploads)
        }
    }

    /// Whether the queue gets the grants of a destination by itself; fails where it does not take these files.
    private func mints(_ name: String, _ uploads: [NewUpload]) async throws -> Bool {
        guard let destination = try await destination(name) else {
            throw UploadQueueError(.notFound, "there is no destination \(name); save it first")
        }
        do {
            for upload in uploads { try destination.checkLimits(of: upload.sourcePath, length: upload.identity.length) }
        } catch let failure as SourceFile.Failure {
            throw UploadQueueError(.invalidSource, failure.message, cause: failure)
        }
        return destination.mints
    }

    private static func newUpload(
        _ source: UploadSource,
        to destination: String,
        metadata: [String: String],
        filename: String? = nil,
        contentType: String? = nil,
        notBefore: Date? = nil,
        grant: Grant? = nil
    ) throws -> NewUpload {
        let path = AbsolutePath.of(source.path)
        let identity: SourceIdentity
        do {
            identity = try SourceFile.identity(of: path)
        } catch let error as SourceFile.Failure {
            throw UploadQueueError(.invalidSource, error.message, cause: error)
        }
        try checkNames(metadata: metadata, filename: filename, contentType: contentType)
        return NewUpload(
            sourcePath: path,
            destination: destination,
            identity: identity,
            filename: filename,
            contentType: contentType,
            metadata: JSONObject.encode(metadata),
            endpoint: grant?.uploadURL,
            uploadToken: grant?.uploadToken,
            expiresAt: grant?.expiresAt.map(Timestamp.text),
            notBefore: notBefore.map(Timestamp.text)
        )
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
