internal import Foundation
internal import UploadStore

/// What files are added with: where to, what the server is told of them, and how they stand in the queue.
package struct AddOrder: Sendable {
    /// Told of a file that cannot be added, and why; what it throws ends the adding.
    package typealias Rejection = (UploadSource, UploadQueueError) async throws -> Void

    package let queue: UploadQueue
    var destination: String
    var metadata: [String: String]
    var filename: String?
    var contentType: String?
    var grant: Grant?
    var options: AddOptions
    /// Of whoever adds; the same for every file.
    let traceContext = TraceContext.current()

    package init(
        queue: UploadQueue,
        destination: String,
        metadata: [String: String] = [:],
        filename: String? = nil,
        contentType: String? = nil,
        grant: Grant? = nil,
        options: AddOptions = .init()
    ) {
        self.queue = queue
        self.destination = destination
        self.metadata = metadata
        self.filename = filename
        self.contentType = contentType
        self.grant = grant
        self.options = options
    }

    /// Adds files; all of up to 500, or none.
    ///
    /// - Parameters:
    ///   - sources: The files.
    ///   - rejected: Told of each that cannot be added; where it throws, none is.
    /// - Returns: What was added, in the order given.
    /// - Throws: ``UploadQueueError``, or what `rejected` throws.
    func add(_ sources: [UploadSource], rejected: Rejection = { throw $1 }) async throws -> [UploadQueue.Added] {
        let isCopying = sources.contains(where: \.isCopied)
        try checkTerms(copies: isCopying)
        let place = try found(try await queue.destination(destination))
        var (accepted, uploads): ([UploadSource], [NewUpload]) = ([], [])
        for (source, look) in zip(sources, try await look(at: sources, for: place)) {
            do {
                uploads.append(try look.get())
                accepted.append(source)
            } catch {
                try await rejected(source, error)
            }
        }
        return try await UploadQueueError.wrapping {
            do {
                guard isCopying else { return try await insert(uploads, of: accepted) }
                let hold = try await queue.spool.hold()
                defer { withExtendedLifetime(hold) {} }
                try await copy(&accepted, &uploads, hold, rejected)
                return try await insert(uploads, of: accepted)
            } catch let error as UploadStoreError {
                // The others are added without it.
                guard let gone = error.cause as? SourceGone,
                    let index = accepted.firstIndex(where: { !$0.isCopied && $0.absolutePath == gone.path })
                else { throw error }
                try await rejected(accepted.remove(at: index), UploadQueueError(.invalidSource, gone.message))
                return try await add(accepted, rejected: rejected)
            }
        }
    }

    /// Adds files as they come, in transactions of up to 500.
    ///
    /// - Parameters:
    ///   - sources: The files.
    ///   - rejected: Told of each that cannot be added.
    ///   - added: Told after each transaction what is on disk now.
    /// - Returns: How many are new.
    /// - Throws: ``UploadQueueError``, or what the sources or the closures throw.
    @discardableResult
    package func add<Sources: AsyncSequence>(
        contentsOf sources: Sources,
        rejected: Rejection = { throw $1 },
        added: ([UploadQueue.Added]) async throws -> Void = { _ in }
    ) async throws -> Int where Sources.Element == UploadSource {
        var count = 0
        var batch: [UploadSource] = []
        func flush() async throws {
            guard !batch.isEmpty else { return }
            let done = try await add(batch, rejected: rejected)
            batch.removeAll(keepingCapacity: true)
            count += done.count(where: \.isNew)
            try await added(done)
        }
        for try await source in sources {
            try Task.checkCancellation()
            batch.append(source)
            if batch.count == Store.batch { try await flush() }
        }
        try await flush()
        return count
    }

    /// Adds what is no file.
    package func add<Bytes: AsyncSequence>(bytes: Bytes) async throws -> (id: Upload.ID, isNew: Bool)
    where Bytes.Element: Sequence<UInt8> & Sendable {
        try checkTerms(copies: true)
        if case .source? = options.uniqueKey {
            throw UploadQueueError(.invalidOption, "bytes have no source to be unique by; give a unique key")
        }
        let place = try found(try await queue.destination(destination))
        return try await UploadQueueError.wrapping {
            let hold = try await queue.spool.hold()
            defer { withExtendedLifetime(hold) {} }
            let copy = try await queue.spool.store(bytes, hold)
            var upload: NewUpload
            do {
                upload = try self.upload(filename ?? copy.path, copy.identity, to: place)
            } catch let failure as SourceFile.Failure {
                queue.spool.remove(copy.path)
                throw UploadQueueError(.invalidSource, failure.message, cause: failure)
            }
            keep(copy, of: nil, in: &upload)
            let added = try await insert([upload], of: [.file(copy.path)])
            return (added[0].id, added[0].isNew)
        }
    }

    /// Looks at a file that is not copied, and makes a row of it.
    func newUpload(_ source: UploadSource, to place: Destination?) throws -> NewUpload {
        try checkTerms(copies: false)
        return try look(at: source.absolutePath, for: try found(place)).get()
    }

    private func found(_ place: Destination?) throws -> Destination {
        guard let place else {
            throw UploadQueueError(.notFound, "there is no destination \(destination); save it first")
        }
        return place
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

    /// Looks at files, and makes a row of each that can be uploaded.
    private func look(
        at sources: [UploadSource],
        for place: Destination
    ) async throws -> [Result<NewUpload, UploadQueueError>] {
        try await FileWork.run { try sources.map { try look(at: $0.absolutePath, for: place) } }
    }

    private func look(at path: String, for place: Destination) throws -> Result<NewUpload, UploadQueueError> {
        do {
            return .success(try upload(path, SourceFile.identity(of: path), to: place))
        } catch let failure as SourceFile.Failure {
            return .failure(UploadQueueError(.invalidSource, failure.message, cause: failure))
        }
    }

    private func upload(_ path: String, _ identity: SourceIdentity, to place: Destination) throws -> NewUpload {
        try place.checkLimits(of: path, length: identity.length)
        var upload = NewUpload(
            sourcePath: path,
            destination: destination,
            identity: identity,
            filename: filename,
            contentType: contentType,
            metadata: JSONObject.encode(metadata),
            phase: place.mints && grant == nil ? .mint : .create,
            endpoint: grant?.uploadURL,
            uploadToken: grant?.uploadToken,
            expiresAt: grant?.expiresAt.map(Timestamp.text)
        )
        options.apply(to: &upload)
        upload.traceContext = traceContext
        return upload
    }
}

/// Copies of the queue's own, and their rows.
extension AddOrder {
    /// Copies what is to be copied; leaves out what cannot be, and nothing behind where it fails.
    private func copy(
        _ sources: inout [UploadSource],
        _ uploads: inout [NewUpload],
        _ hold: Spool.Hold,
        _ rejected: Rejection
    ) async throws {
        var (accepted, copied): ([UploadSource], [NewUpload]) = ([], [])
        do {
            for (source, upload) in zip(sources, uploads) {
                var upload = upload
                if source.isCopied {
                    let path = upload.sourcePath
                    do {
                        keep(try await queue.spool.copy(of: path, upload.identity, hold), of: path, in: &upload)
                    } catch let failure as SourceFile.Failure {
                        try await rejected(source, UploadQueueError(.invalidSource, failure.message, cause: failure))
                        continue
                    }
                }
                accepted.append(source)
                copied.append(upload)
            }
        } catch {
            for upload in copied where upload.spooled { queue.spool.remove(upload.sourcePath) }
            throw error
        }
        (sources, uploads) = (accepted, copied)
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

    private func insert(_ uploads: [NewUpload], of sources: [UploadSource]) async throws -> [UploadQueue.Added] {
        let added: [AddedUpload]
        do {
            added = try await queue.store.add(uploads, existing: options.existing, check: Self.checkIsThere)
        } catch let error as UploadStoreError {
            await removeCopies(of: uploads, after: error)
            throw error
        }
        // Of what was there before, no copy is wanted.
        for (upload, added) in zip(uploads, added) where upload.spooled && !added.isNew {
            queue.spool.remove(upload.sourcePath)
        }
        queue.work.signal()
        return zip(sources, added).map { UploadQueue.Added(source: $0, id: $1.id, isNew: $1.isNew) }
    }

    /// Removes the copies that no row got.
    private func removeCopies(of uploads: [NewUpload], after error: UploadStoreError) async {
        // A disk that failed may hold the rows all the same: the next worker removes what no upload names.
        guard [.refused, .exists, .diskFull, .busy, .notFound].contains(error.code) else { return }
        for upload in uploads where upload.spooled {
            // Of more than 500, the first ones may be there.
            guard let isNamed = try? await queue.store.names(upload.sourcePath), !isNamed else { continue }
            queue.spool.remove(upload.sourcePath)
        }
    }
}
