internal import GRDB

/// What becomes of sources whose upload is completed.
extension Store {
    /// Completed uploads whose source is still to be deleted or moved, oldest first.
    package func unsettledSources(after id: Int64, limit: Int) async throws -> [UploadRow] {
        try await read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT * FROM upload INDEXED BY upload_source_unsettled WHERE status = 'completed'
                            AND after_completion IS NOT NULL AND source_settled = 0 AND id > ? ORDER BY id LIMIT ?
                        """
                ),
                arguments: [id, max(1, limit)]
            ).map(UploadRow.init)
        }
    }

    /// Whether an upload that is neither completed nor cancelled has this source; a failed one can be retried.
    package func needsSource(_ path: String, _ identity: SourceIdentity?) async throws -> Bool {
        try await read { db in try Self.needsSource(path, identity, db) }
    }

    /// Lets a source go, unless an upload that was acknowledged by now needs it: nobody adds it any more until it is settled.
    ///
    /// - Returns: The upload as it is now; nil where its source is not to be deleted or moved.
    package func releaseSource(_ id: Int64) async throws -> UploadRow? {
        try await commits.write { db in
            guard let upload = try Self.upload(id, db), try !Self.needsSource(upload.sourcePath, upload.identity, db)
            else {
                return nil
            }
            try db.execute(
                sql: """
                    UPDATE upload SET source_leaves = 1
                    WHERE id = ? AND status = 'completed' AND after_completion IS NOT NULL AND source_settled = 0
                    """,
                arguments: [id]
            )
            return db.changesCount > 0 ? upload : nil
        }
    }

    /// Takes that back: the source has its name still, and could not be deleted or moved.
    package func keepSource(_ id: Int64) async throws {
        try await commits.write { db in
            try db.execute(
                sql: "UPDATE upload SET source_leaves = 0 WHERE id = ? AND source_settled = 0",
                arguments: [id]
            )
        }
    }

    /// Fails where a file is about to be deleted or moved for another upload, and so is not to be added.
    ///
    /// A trigger refuses it too, without telling which file it was.
    /// The inode's time of change does not count: a new name sets it. A file that got the number of a deleted one differs.
    static func checkStays(_ upload: NewUpload, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT id FROM upload INDEXED BY upload_unsettled_inode
                WHERE status = 'completed' AND after_completion IS NOT NULL AND source_settled = 0 AND source_leaves = 1
                    AND source_inode = :inode AND upload_length = :length AND source_mtime_ns = :modified
                    AND (source_boot_id IS NOT :boot OR source_device = :device)
                """
        )
        let identity = upload.identity
        let leaving = try Int64.fetchOne(
            statement,
            arguments: [
                "inode": Int64(bitPattern: identity.inode), "length": identity.length, "modified": identity.modified,
                "boot": identity.bootID, "device": Int64(bitPattern: identity.device),
            ]
        )
        guard let leaving else { return }
        let gone = SourceGone(
            path: upload.sourcePath,
            message:
                "\(upload.sourcePath) is about to be deleted or moved, as upload \(leaving) asked for; where its worker "
                + "died, the next one that starts ends that"
        )
        throw UploadStoreError(.refused, gone.message, cause: gone)
    }

    /// By its path, or by the very file: a folder can have two names.
    private static func needsSource(_ path: String, _ identity: SourceIdentity?, _ db: Database) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM upload INDEXED BY upload_needs_source WHERE source_path = :path
                                     AND status IN ('pending', 'processing', 'paused', 'failed'))
                        OR EXISTS (SELECT 1 FROM upload INDEXED BY upload_needs_inode WHERE source_inode = :inode
                                     AND status IN ('pending', 'processing', 'paused', 'failed')
                                     AND (source_boot_id IS NOT :boot OR source_device IS :device))
                    """
            ),
            arguments: [
                "path": path, "inode": identity.map { Int64(bitPattern: $0.inode) },
                "device": identity.map { Int64(bitPattern: $0.device) }, "boot": identity?.bootID,
            ]
        ) ?? false
    }

    /// Completed uploads whose source is still to be deleted or moved, and is this one; oldest first, at most 100.
    package func unsettledSources(at path: String, inode: UInt64?) async throws -> [UploadRow] {
        try await read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT * FROM upload WHERE id IN (
                            SELECT id FROM upload INDEXED BY upload_unsettled_at
                            WHERE status = 'completed' AND after_completion IS NOT NULL AND source_settled = 0
                                AND source_path = :path
                            UNION SELECT id FROM upload INDEXED BY upload_unsettled_inode
                            WHERE status = 'completed' AND after_completion IS NOT NULL AND source_settled = 0
                                AND source_inode = :inode)
                        ORDER BY id LIMIT 100
                        """
                ),
                arguments: ["path": path, "inode": inode.map { Int64(bitPattern: $0) }]
            ).map(UploadRow.init)
        }
    }

    /// Notes that a source was deleted or moved, or why it stays.
    package func settledSource(_ id: Int64, keptBecause reason: String?) async throws {
        try await commits.write { db in
            try db.execute(
                sql: """
                    UPDATE upload SET source_settled = 1,
                        last_error_code = CASE WHEN :reason IS NULL THEN last_error_code ELSE 'source_kept' END,
                        last_error = coalesce(:reason, last_error)
                    WHERE id = :id AND status = 'completed' AND source_settled = 0
                    """,
                arguments: ["reason": reason, "id": id]
            )
        }
    }

    /// Whether an upload has this copy as its source.
    ///
    /// Also by its name alone, which is given once: where the queue was moved, its copies are in a folder that no row names.
    package func names(_ copy: String) async throws -> Bool {
        let name = copy.lastIndex(of: "/").map { String(copy[$0...]) } ?? copy
        return try await read { db in
            try Bool.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT EXISTS (SELECT 1 FROM upload WHERE spooled = 1 AND source_path = :path)
                            OR EXISTS (SELECT 1 FROM upload WHERE spooled = 1
                                         AND substr(source_path, -length(:name)) = :name)
                        """
                ),
                arguments: ["path": copy, "name": name]
            ) ?? false
        }
    }
}
