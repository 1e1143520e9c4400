internal import Foundation
internal import UploadStore

/// What files are added with: where to, what the server is told of them, and how they stand in the queue.
struct AddOrder: Sendable {
    var queue: UploadQueue
    var destination: String
    var metadata: [String: String]
    var filename: String?
    var contentType: String?
    var grant: Grant?
    var options: AddOptions
    /// Of whoever adds; the same for every file.
    let traceContext = TraceContext.current()

    private var store: Store { queue.store }

    /// Looks at a file as ``add(_:)`` would, without adding it.
    func check(_ source: UploadSource) throws {
        do {
            _ = try SourceFile.identity(of: source.absolutePath)
        } catch let error as SourceFile.Failure {
            throw UploadQueueError(.invalidSource, error.message, cause: error)
        }
    }

    /// Adds files; all of up to 500, or none.
    func add(_ sources: [UploadSource]) async throws -> [AddedUpload] {
        var uploads = try sources.map(newUpload)
        try place(&uploads, at: try await queue.destination(destination))
        guard sources.contains(where: \.isCopied) else { return try await insert(uploads) }
        return try await UploadQueueError.wrapping {
            let hold = try await queue.spool.hold()
            defer { withExtendedLifetime(hold) {} }
            for (index, source) in sources.enumerated() where source.isCopied {
                let path = source.absolutePath
                do {
                    keep(try await queue.spool.copy(of: path, hold), of: path, in: &uploads[index])
                } catch let error as SourceFile.Failure {
                    throw UploadQueueError(.invalidSource, error.message, cause: error)
                }
            }
            return try await insert(uploads)
        }
    }

    /// Adds what is no file.
    func add<Bytes: AsyncSequence>(bytes: Bytes) async throws -> [AddedUpload]
    where Bytes.Element: Sequence<UInt8> & Sendable {
        try checkTerms(copies: true)
        if case .source? = options.uniqueKey {
            throw UploadQueueError(.invalidOption, "bytes have no source to be unique by; give a unique key")
        }
        let place = try await queue.destination(destination)
        guard place != nil else { throw noDestination }
        return try await UploadQueueError.wrapping {
            let hold = try await queue.spool.hold()
            defer { withExtendedLifetime(hold) {} }
            let copy = try await queue.spool.store(bytes, hold)
            var uploads = [try upload(copy.path, copy.identity)]
            keep(copy, of: nil, in: &uploads[0])
            try self.place(&uploads, at: place)
            return try await insert(uploads)
        }
    }

    private var noDestination: UploadQueueError {
        UploadQueueError(.notFound, "there is no destination \(destination); save it first")
    }

    private func checkTerms(copies: Bool) throws {
        try UploadQueue.checkNames(metadata: metadata, filename: filename, contentType: contentType)
        try options.check()
        if copies, options.afterCompletion != .keep {
            throw UploadQueueError(
                .invalidOption,
                "the queue deletes its own copy by itself; what is done after completion is for files that it does not copy"
            )
        }
    }

    /// Looks at a file, and makes a row of it.
    func newUpload(_ source: UploadSource) throws -> NewUpload {
        try checkTerms(copies: source.isCopied)
        do {
            return try upload(source.absolutePath, SourceFile.identity(of: source.absolutePath))
        } catch let error as SourceFile.Failure {
            throw UploadQueueError(.invalidSource, error.message, cause: error)
        }
    }

    private func upload(_ path: String, _ identity: SourceIdentity) throws -> NewUpload {
        var upload = NewUpload(
            sourcePath: path,
            destination: destination,
            identity: identity,
            filename: filename,
            contentType: contentType,
            metadata: JSONObject.encode(metadata),
            endpoint: grant?.uploadURL,
            uploadToken: grant?.uploadToken,
            expiresAt: grant?.expiresAt.map(Timestamp.text)
        )
        options.apply(to: &upload)
        upload.traceContext = traceContext
        return upload
    }

    /// Makes an upload one of the queue's own copy.
    private func keep(_ copy: Spool.Copy, of path: String?, in upload: inout NewUpload) {
        upload.sourcePath = copy.path
        upload.identity = copy.identity
        upload.originalPath = path
        upload.spooled = true
        upload.afterCompletion = "delete"
        if upload.filename == nil, let path { upload.filename = path.split(separator: "/").last.map(String.init) }
    }

    /// Puts uploads into their first phase; fails where the destination does not take these files.
    func place(_ uploads: inout [NewUpload], at destination: Destination?) throws {
        guard let destination else { throw noDestination }
        do {
            for upload in uploads { try destination.checkLimits(of: upload.sourcePath, length: upload.identity.length) }
        } catch let failure as SourceFile.Failure {
            throw UploadQueueError(.invalidSource, failure.message, cause: failure)
        }
        if destination.mints, grant == nil { for index in uploads.indices { uploads[index].phase = .mint } }
    }

    private func insert(_ uploads: [NewUpload]) async throws -> [AddedUpload] {
        try await UploadQueueError.wrapping {
            // Where this fails, some may be on disk all the same: what no upload names is removed by the next worker.
            let added = try await store.add(uploads, existing: options.existing)
            // Of what was there before, no copy is wanted.
            for (upload, added) in zip(uploads, added) where upload.spooled && !added.isNew {
                queue.spool.remove(upload.sourcePath)
            }
            queue.work.signal()
            return added
        }
    }
}
