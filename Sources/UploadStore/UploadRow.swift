internal import GRDB

/// One row of the table `upload`.
package struct UploadRow: Sendable, Equatable {
    package var id: Int64
    package var status: Status
    package var phase: Phase
    package var sourcePath: String
    package var destination: String
    package var endpoint: String?
    package var uploadToken: String?
    package var uploadURL: String?
    package var uploadOffset: Int64
    package var uploadLength: Int64?
    package var attempt: Int
    package var notBefore: String?
    package var retryAt: String?
    package var lastErrorCode: String?
    package var lastError: String?
    package var filename: String?
    package var contentType: String?
    /// A JSON object.
    package var metadata: String
    package var expiresAt: String?
    package var response: String?
    /// What the host's answers had that later requests need, a JSON object.
    package var captured: String?
    package var pauseReason: String?
    package var requested: Request?
    package var completing: Bool
    package var finalizeSent: Int
    package var workerID: Int64?
    package var generation: Int64
    package var crashes: Int
    package var restarts: Int
    package var identity: SourceIdentity?
    package var createdAt: String
    package var finishedAt: String?
    package var priority: Int
    /// Empty: none.
    package var batch: String
    package var uniqueKey: String?
    package var deadline: String?
    package var maxAttempts: Int?
    /// `delete` or `move`; nil keeps the source.
    package var afterCompletion: String?
    package var moveTo: String?
    package var sourceSettled: Bool
    package var originalPath: String?
    package var spooled: Bool
    /// All tries that were put off, with or without progress.
    package var tries: Int
    /// Tries in a row that ended with the same error.
    package var sameError: Int
    /// A JSON object.
    package var traceContext: String?

    /// What a person asked of an upload that a worker may hold.
    package enum Request: String, Sendable {
        case pause
        case cancel
        /// Its batch, its destination or the queue was paused: never stored, only told to its worker.
        case hold
    }
}

extension UploadRow {
    init(_ row: Row) throws {
        let id: Int64 = row["id"]
        guard let status = Status(rawValue: row["status"]), let phase = Phase(rawValue: row["phase"]) else {
            throw UploadStoreError(.corrupt, "upload \(id) has a status or phase that this version does not know")
        }
        self.init(
            id: id,
            status: status,
            phase: phase,
            sourcePath: row["source_path"],
            destination: row["destination"],
            endpoint: row["endpoint"],
            uploadToken: row["upload_token"],
            uploadURL: row["upload_url"],
            uploadOffset: row["upload_offset"],
            uploadLength: row["upload_length"],
            attempt: row["attempt"],
            notBefore: row["not_before"],
            retryAt: row["retry_at"],
            lastErrorCode: row["last_error_code"],
            lastError: row["last_error"],
            filename: row["filename"],
            contentType: row["content_type"],
            metadata: row["metadata"],
            expiresAt: row["expires_at"],
            response: row["response"],
            captured: row["captured"],
            pauseReason: row["pause_reason"],
            requested: (row["requested"] as String?).flatMap(Request.init(rawValue:)),
            completing: row["completing"],
            finalizeSent: row["finalize_sent"],
            workerID: row["worker_id"],
            generation: row["generation"],
            crashes: row["crashes"],
            restarts: row["restarts"],
            identity: Self.identity(row),
            createdAt: row["created_at"],
            finishedAt: row["finished_at"],
            priority: row["priority"],
            batch: row["batch"],
            uniqueKey: row["unique_key"],
            deadline: row["deadline"],
            maxAttempts: row["max_attempts"],
            afterCompletion: row["after_completion"],
            moveTo: row["move_to"],
            sourceSettled: row["source_settled"],
            originalPath: row["original_path"],
            spooled: row["spooled"],
            tries: row["tries"],
            sameError: row["same_error"],
            traceContext: row["trace_context"]
        )
    }

    private static func identity(_ row: Row) -> SourceIdentity? {
        guard let length = row["upload_length"] as Int64?, let modified = row["source_mtime_ns"] as Int64?,
            let changed = row["source_ctime_ns"] as Int64?, let inode = row["source_inode"] as Int64?,
            let device = row["source_device"] as Int64?, let bootID = row["source_boot_id"] as String?
        else { return nil }
        return SourceIdentity(
            length: length,
            modified: modified,
            changed: changed,
            inode: UInt64(bitPattern: inode),
            device: UInt64(bitPattern: device),
            bootID: bootID
        )
    }
}
