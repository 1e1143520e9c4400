internal import GRDB

/// A worker's hold on an upload.
///
/// Every write names it; a write that names a lost one changes nothing.
package struct Claim: Sendable, Equatable, Hashable {
    package var uploadID: Int64
    package var workerID: Int64
    package var generation: Int64

    package init(uploadID: Int64, workerID: Int64, generation: Int64) {
        self.uploadID = uploadID
        self.workerID = workerID
        self.generation = generation
    }
}

/// An upload that a worker just claimed, with its destination.
package struct ClaimedUpload: Sendable {
    package var claim: Claim
    package var upload: UploadRow
    package var destination: DestinationRow
}

/// Whether an upload that a worker may have died of can be claimed.
package enum SuspectRule: Sendable {
    /// Not now: the worker has other uploads in hand.
    case none
    /// One, when there is one, and nothing else with it.
    case aloneFirst
}

extension Store {
    /// Crashes without progress in between after which an upload is worked alone.
    package static let suspectCrashes = 2

    /// Claims the oldest uploads that are due, in one transaction.
    ///
    /// - Parameters:
    ///   - worker: The worker that claims.
    ///   - limit: At most so many; 1 or more.
    ///   - suspects: Whether an upload that crashed its worker repeatedly may be taken, alone.
    ///   - now: The time now.
    ///   - horizon: A back-off that ends later than this comes from a clock that jumped and counts as over.
    /// - Returns: What was claimed, oldest first.
    /// - Throws: ``UploadStoreError`` `newer_schema` when another program migrated the file meanwhile.
    package func claim(
        for worker: Worker,
        limit: Int,
        suspects: SuspectRule,
        now: String,
        horizon: String
    ) async throws -> [ClaimedUpload] {
        let workerID = worker.id
        return try await commits.write { db in
            guard try Int.fetchOne(db, sql: "PRAGMA user_version") == Migration.latest else {
                throw UploadStoreError(
                    .newerSchema,
                    "a newer version migrated this queue; stop this program and upgrade it"
                )
            }
            if case .aloneFirst = suspects {
                let alone = try Self.claim(workerID, 1, "crashes >= \(Self.suspectCrashes)", now, horizon, db)
                if !alone.isEmpty { return alone }
            }
            return try Self.claim(workerID, limit, "crashes < \(Self.suspectCrashes)", now, horizon, db)
        }
    }

    private static func claim(
        _ workerID: Int64,
        _ limit: Int,
        _ condition: String,
        _ now: String,
        _ horizon: String,
        _ db: Database
    ) throws -> [ClaimedUpload] {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE upload SET status = 'processing', worker_id = :worker, generation = generation + 1,
                    revision = revision + 1,
                    phase = CASE WHEN phase = 'create' AND upload_token IS NULL
                                  AND (SELECT mints FROM destination WHERE name = upload.destination)
                            THEN 'mint'
                            WHEN phase = 'mint'
                                  AND NOT (SELECT mints FROM destination WHERE name = upload.destination)
                            THEN 'create' ELSE phase END
                WHERE id IN (
                    SELECT upload.id FROM upload JOIN destination ON destination.name = upload.destination
                    WHERE status = 'pending' AND \(condition)
                      AND (not_before IS NULL OR not_before <= :now)
                      AND (upload.retry_at IS NULL OR upload.retry_at <= :now OR upload.retry_at > :horizon)
                      AND (destination.retry_at IS NULL OR destination.retry_at <= :now
                           OR destination.retry_at > :horizon)
                    ORDER BY upload.id LIMIT :limit)
                RETURNING id
                """
        )
        let ids = try Int64.fetchAll(
            statement,
            arguments: ["worker": workerID, "now": now, "horizon": horizon, "limit": max(1, limit)]
        ).sorted()
        return try ids.map { id in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM upload WHERE id = ?", arguments: [id]) else {
                throw UploadStoreError(.notFound, "upload \(id) vanished while it was claimed")
            }
            let upload = try UploadRow(row)
            guard
                let destination = try Row.fetchOne(
                    db,
                    sql: "SELECT * FROM destination WHERE name = ?",
                    arguments: [upload.destination]
                )
            else { throw UploadStoreError(.notFound, "upload \(id) names a destination that does not exist") }
            return ClaimedUpload(
                claim: Claim(uploadID: id, workerID: workerID, generation: upload.generation),
                upload: upload,
                destination: DestinationRow(destination)
            )
        }
    }
}
