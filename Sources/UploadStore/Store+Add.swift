package import GRDB

/// An upload to be added.
package struct NewUpload: Sendable {
    package var sourcePath: String
    package var destination: String
    package var identity: SourceIdentity
    package var filename: String?
    package var contentType: String?
    /// A JSON object.
    package var metadata: String
    /// Its first phase: `mint` where the queue gets a grant for it, else `create`.
    package var phase: Phase
    /// A grant's endpoint and token; both or none.
    package var endpoint: String?
    package var uploadToken: String?
    package var expiresAt: String?
    package var notBefore: String?
    /// -1000 to 1000; higher ones first.
    package var priority = 0
    /// Empty: none.
    package var batch = ""
    package var tags: [String] = []
    /// No other upload has it.
    package var uniqueKey: String?
    package var deadline: String?
    package var maxAttempts: Int?
    /// `delete` or `move`; nil keeps the source.
    package var afterCompletion: String?
    /// The absolute path of the folder that `move` moves to.
    package var moveTo: String?
    /// What a copy that the queue made is a copy of.
    package var originalPath: String?
    package var spooled = false
    /// A JSON object.
    package var traceContext: String?

    package init(
        sourcePath: String,
        destination: String,
        identity: SourceIdentity,
        filename: String? = nil,
        contentType: String? = nil,
        metadata: String = "{}",
        phase: Phase = .create,
        endpoint: String? = nil,
        uploadToken: String? = nil,
        expiresAt: String? = nil,
        notBefore: String? = nil
    ) {
        self.sourcePath = sourcePath
        self.destination = destination
        self.identity = identity
        self.filename = filename
        self.contentType = contentType
        self.metadata = metadata
        self.phase = phase
        self.endpoint = endpoint
        self.uploadToken = uploadToken
        self.expiresAt = expiresAt
        self.notBefore = notBefore
    }
}

/// What is done with an upload whose unique key another one has.
package enum ExistingRule: Sendable {
    /// Nothing is added; the other one is told.
    case keep
    /// As `keep`; but where the other one is finished, it gives up the key, and the new one is added.
    case replaceFinished
    /// None of the transaction is added.
    case refuse
}

/// What became of an upload that was to be added.
package struct AddedUpload: Sendable, Equatable {
    package var id: Int64
    /// Whether it was added now; else it was there.
    package var isNew: Bool
}

extension Store {
    /// The most uploads in one transaction, so that the write-ahead log stays small between checkpoints.
    package static let batch = 500

    /// Adds uploads, and returns once they are on disk.
    ///
    /// Up to 500 are one transaction: all of them are added or none. More are added in several.
    ///
    /// - Parameters:
    ///   - uploads: The uploads.
    ///   - existing: What is done with one whose unique key another one has.
    ///   - check: Called in the transaction for each that was added; what it throws ends the transaction.
    /// - Returns: The ids, in the order given.
    /// - Throws: ``UploadStoreError`` `refused` (caused by ``SourceGone`` where the file is about to go), or `exists` for a
    ///   unique key, or what `check` throws.
    package func add(
        _ uploads: [NewUpload],
        existing: ExistingRule = .keep,
        check: @escaping @Sendable (NewUpload) throws -> Void = { _ in }
    ) async throws -> [AddedUpload] {
        if uploads.contains(where: { $0.uploadToken != nil }) { try checkKeepsSecrets() }
        var added: [AddedUpload] = []
        added.reserveCapacity(uploads.count)
        var rest = uploads[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Self.batch))
            rest = rest.dropFirst(batch.count)
            added += try await commits.write(rows: batch.count) { db in
                try batch.map { upload in
                    let added = try Self.insert(upload, existing, db)
                    if added.isNew { try check(upload) }
                    return added
                }
            }
        }
        return added
    }

    /// Adds an upload in a transaction of the caller.
    package static func insert(_ upload: NewUpload, _ existing: ExistingRule, _ db: Database) throws -> AddedUpload {
        if let key = upload.uniqueKey, let other = try Self.upload(withKey: key, db) {
            switch existing {
            case .replaceFinished where other.isFinished:
                try db.execute(sql: "UPDATE upload SET unique_key = NULL WHERE id = ?", arguments: [other.id])
            case .keep, .replaceFinished:
                return AddedUpload(id: other.id, isNew: false)
            case .refuse:
                throw UploadStoreError(
                    .exists,
                    "\(upload.originalPath ?? upload.sourcePath) was added before, as upload \(other.id)"
                )
            }
        }
        if !upload.spooled { try checkStays(upload, db) }
        return AddedUpload(id: try insert(upload, db), isNew: true)
    }

    private static func upload(withKey key: String, _ db: Database) throws -> (id: Int64, isFinished: Bool)? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT id, finished_at IS NOT NULL AS ended FROM upload WHERE unique_key = ?"),
            arguments: [key]
        ).map { ($0["id"], $0["ended"]) }
    }

    private static func insert(_ upload: NewUpload, _ db: Database) throws -> Int64 {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO upload (source_path, destination, upload_length, source_mtime_ns, source_ctime_ns,
                    source_inode, source_device, source_boot_id, filename, content_type, metadata, phase,
                    endpoint, upload_token, expires_at, not_before, priority, batch, unique_key, deadline, max_attempts,
                    after_completion, move_to, original_path, spooled, trace_context)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            upload.sourcePath, upload.destination, upload.identity.length, upload.identity.modified,
            upload.identity.changed, Int64(bitPattern: upload.identity.inode),
            Int64(bitPattern: upload.identity.device), upload.identity.bootID, upload.filename, upload.contentType,
            upload.metadata, upload.phase.rawValue, upload.endpoint, upload.uploadToken, upload.expiresAt,
            upload.notBefore, upload.priority, upload.batch, upload.uniqueKey, upload.deadline, upload.maxAttempts,
            upload.afterCompletion, upload.moveTo, upload.originalPath, upload.spooled, upload.traceContext,
        ])
        let id = db.lastInsertedRowID
        for tag in upload.tags {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO upload_tag (tag, upload_id) VALUES (?, ?)")
                .execute(arguments: [tag, id])
        }
        return id
    }
}
