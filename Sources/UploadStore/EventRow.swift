internal import GRDB

/// One row of the table `upload_event`: something that happened to an upload.
package struct EventRow: Sendable, Equatable {
    package var sequence: Int64
    package var uploadID: Int64
    package var at: String
    package var event: String
    package var status: String
    package var phase: String
    package var uploadOffset: Int64
    package var attempt: Int
    package var workerID: Int64?
    package var generation: Int64
    package var errorCode: String?
    package var error: String?
    /// The batch that finished; then there is no upload, and its id is 0.
    package var batch: String?
}

extension EventRow {
    init(_ row: Row) {
        self.init(
            sequence: row["seq"],
            uploadID: row["upload_id"],
            at: row["at"],
            event: row["event"],
            status: row["status"],
            phase: row["phase"],
            uploadOffset: row["upload_offset"],
            attempt: row["attempt"],
            workerID: row["worker_id"],
            generation: row["generation"],
            errorCode: row["error_code"],
            error: row["error"],
            batch: row["batch"]
        )
    }
}
