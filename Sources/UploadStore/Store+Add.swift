internal import GRDB

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

extension Store {
    /// The most uploads in one transaction, so that the write-ahead log stays small between checkpoints.
    private static let batch = 500

    /// Adds uploads, and returns once they are on disk.
    ///
    /// Up to 500 are one transaction: all of them are added or none. More are added in several.
    ///
    /// - Returns: The ids, in the order given.
    package func add(_ uploads: [NewUpload]) async throws -> [Int64] {
        var ids: [Int64] = []
        ids.reserveCapacity(uploads.count)
        var rest = uploads[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Self.batch))
            rest = rest.dropFirst(batch.count)
            ids += try await commits.write(rows: batch.count) { db in try batch.map { try Self.insert($0, db) } }
        }
        return ids
    }

    private static func insert(_ upload: NewUpload, _ db: Database) throws -> Int64 {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO upload (source_path, destination, upload_length, source_mtime_ns, source_ctime_ns,
                    source_inode, source_device, source_boot_id, filename, content_type, metadata, phase,
                    endpoint, upload_token, expires_at, not_before)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            upload.sourcePath, upload.destination, upload.identity.length, upload.identity.modified,
            upload.identity.changed, Int64(bitPattern: upload.identity.inode),
            Int64(bitPattern: upload.identity.device), upload.identity.bootID, upload.filename, upload.contentType,
            upload.metadata, upload.phase.rawValue, upload.endpoint, upload.uploadToken, upload.expiresAt,
            upload.notBefore,
        ])
        return db.lastInsertedRowID
    }
}
