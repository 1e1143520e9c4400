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
    /// Where its destination asked its clients to wait: until when.
    ///
    /// This upload goes first, to see whether it takes them again.
    package var destinationRetryAt: String?
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
    ///
    /// The index `upload_ready` holds those that have fewer.
    package static let suspectCrashes = 2

    /// The most uploads whose time has come that one transaction makes ready, or whose deadline has passed.
    private static let mostDue = 500

    /// What a deadline can end, as the index `upload_deadline` holds it: not what may be whole at the server already.
    static let untimely =
        "status = 'pending' AND deadline IS NOT NULL AND phase IN ('mint', 'create', 'transfer') AND completing = 0"

    /// The most suspects that are looked at.
    private static let mostSuspects = 100

    /// Claims uploads that are due, in one transaction: by priority, then by age, with destinations and batches taking
    /// turns, within the limits of the queue and of each destination.
    ///
    /// - Parameters:
    ///   - worker: The worker that claims.
    ///   - limit: At most so many; 1 or more.
    ///   - suspects: Whether an upload that crashed its worker repeatedly may be taken, alone.
    ///   - turns: Whom this worker served when.
    ///   - now: The time now.
    ///   - horizon: A back-off that ends later than this comes from a clock that jumped and counts as over.
    /// - Returns: What was claimed, in the order of its turns.
    /// - Throws: ``UploadStoreError`` `newer_schema` when another program migrated the file meanwhile.
    package func claim(
        for worker: Worker,
        limit: Int,
        suspects: SuspectRule,
        turns: Turns = Turns(),
        now: String,
        horizon: String
    ) async throws -> [ClaimedUpload] {
        let workerID = worker.id
        while true {
            let (claimed, isComplete) = try await commits.write { db in
                guard try Migration.version(db) == Migration.latest else {
                    throw UploadStoreError(
                        .newerSchema,
                        "a newer version migrated this queue; stop this program and upgrade it"
                    )
                }
                let due = try Self.makeReady(now, horizon, db)
                var room = try ClaimRoom(now: now, horizon: horizon, db)
                if case .aloneFirst = suspects, let id = try Self.suspect(room, now, horizon, db) {
                    return ([try Self.claim(id, workerID, db)], true)
                }
                let claimed = try Self.claim(workerID, limit, &room, turns, db)
                return (claimed, !claimed.isEmpty || due < Self.mostDue)
            }
            if isComplete { return claimed }
        }
    }

    /// Fails what is past its deadline, and makes ready what waited for a time that has come.
    ///
    /// Returns how many at most of one kind.
    private static func makeReady(_ now: String, _ horizon: String, _ db: Database) throws -> Int {
        let changes: [(sql: String, arguments: StatementArguments)] = [
            (
                """
                UPDATE upload SET status = 'failed', finished_at = ?, requested = NULL, retry_at = NULL,
                    last_error_code = 'deadline_passed',
                    last_error = 'it was not sent before its deadline, ' || deadline || '; retry takes it up without one'
                WHERE id IN (SELECT id FROM upload INDEXED BY upload_deadline WHERE \(untimely) AND deadline <= ?
                               AND requested IS NOT 'cancel' LIMIT ?)
                """, [now, now, mostDue]
            ),
            (
                """
                UPDATE upload SET retry_at = NULL
                WHERE id IN (SELECT id FROM upload INDEXED BY upload_retry WHERE status = 'pending'
                               AND retry_at IS NOT NULL AND retry_at <= ? LIMIT ?)
                """, [now, mostDue]
            ),
            (
                """
                UPDATE upload SET retry_at = NULL
                WHERE id IN (SELECT id FROM upload INDEXED BY upload_retry WHERE status = 'pending'
                               AND retry_at IS NOT NULL AND retry_at > ? LIMIT ?)
                """, [horizon, mostDue]
            ),
            (
                """
                UPDATE upload SET not_before = NULL
                WHERE id IN (SELECT id FROM upload INDEXED BY upload_not_before WHERE status = 'pending'
                               AND not_before IS NOT NULL AND not_before <= ? LIMIT ?)
                """, [now, mostDue]
            ),
        ]
        return try changes.map { change in
            try db.cachedStatement(sql: change.sql).execute(arguments: change.arguments)
            return db.changesCount
        }.max() ?? 0
    }

    /// The oldest upload that may have killed its workers and is due.
    static func suspect(_ room: ClaimRoom, _ now: String, _ horizon: String, _ db: Database) throws -> Int64? {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, destination, batch FROM upload INDEXED BY upload_suspect
                    WHERE status = 'pending' AND crashes >= 2 AND (not_before IS NULL OR not_before <= :now)
                      AND (retry_at IS NULL OR retry_at <= :now OR retry_at > :horizon)
                    ORDER BY id LIMIT \(mostSuspects)
                    """
            ),
            arguments: ["now": now, "horizon": horizon]
        )
        return rows.first { room.isOpen(Lane.Key(destination: $0["destination"], batch: $0["batch"])) }?["id"]
    }

    private static func claim(
        _ workerID: Int64,
        _ limit: Int,
        _ room: inout ClaimRoom,
        _ turns: Turns,
        _ db: Database
    ) throws -> [ClaimedUpload] {
        var lanes = try room.lanes(turns, db)
        var claimed: [ClaimedUpload] = []
        while claimed.count < max(1, limit), let index = turns.next(of: lanes) {
            let lane = lanes[index]
            claimed.append(try claim(lane.id, workerID, db))
            turns.served(lane.key)
            room.took(lane.key)
            if let rest = try lane.current(db) { lanes[index] = rest } else { lanes.remove(at: index) }
            if !room.isOpen(lane.key.destination) { lanes.removeAll { !room.isOpen($0.key) } }
        }
        return claimed
    }

    private static func claim(_ id: Int64, _ workerID: Int64, _ db: Database) throws -> ClaimedUpload {
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
                WHERE id = :id RETURNING *
                """
        )
        guard let row = try Row.fetchAll(statement, arguments: ["worker": workerID, "id": id]).first else {
            throw UploadStoreError(.notFound, "upload \(id) vanished while it was claimed")
        }
        let upload = try UploadRow(row)
        let destination = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT * FROM destination WHERE name = ?"),
            arguments: [upload.destination]
        )
        guard let destination else {
            throw UploadStoreError(.notFound, "upload \(id) names a destination that does not exist")
        }
        return ClaimedUpload(
            claim: Claim(uploadID: id, workerID: workerID, generation: upload.generation),
            upload: upload,
            destination: DestinationRow(destination),
            destinationRetryAt: destination["retry_at"]
        )
    }
}
