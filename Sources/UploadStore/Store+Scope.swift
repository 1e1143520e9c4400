internal import GRDB

/// What can be paused and limited beside a single upload.
package enum Scope: Sendable, Hashable {
    case queue
    case destination(String)
    case batch(String)
}

/// What all workers together may do at once; nil: no bound.
package struct Limits: Sendable, Equatable {
    /// Uploads in hand, 1 or more.
    package var concurrency: Int?
    /// 1,024 or more.
    package var bytesPerSecond: Int64?

    package init(concurrency: Int? = nil, bytesPerSecond: Int64? = nil) {
        self.concurrency = concurrency
        self.bytesPerSecond = bytesPerSecond
    }
}

/// The limits that hold now, and how much of the queue is in whose hands.
package struct LimitsInForce: Sendable, Equatable {
    package var queue: Limits
    /// Only of destinations that have any.
    package var destinations: [String: Limits]
    /// Uploads that each worker holds for each destination.
    package var inHand: [Int64: [String: Int]]
}

extension Store {
    /// Pauses or resumes everything of a scope; what a worker has in hand is given back after the answer in hand.
    ///
    /// - Throws: ``UploadStoreError`` `not_found` where there is no such destination or batch.
    package func setPaused(_ paused: Bool, _ scope: Scope) async throws {
        try await commits.write { db in try Self.set("paused = ?", [paused], scope, db) }
    }

    /// Whether a scope is paused itself.
    package func isPaused(_ scope: Scope) async throws -> Bool {
        try await read { db in
            let paused: Bool? =
                switch scope {
                case .queue: try Bool.fetchOne(db, sql: "SELECT paused FROM queue")
                case .destination(let name):
                    try Bool.fetchOne(db, sql: "SELECT paused FROM destination WHERE name = ?", arguments: [name])
                case .batch(let name):
                    try Bool.fetchOne(db, sql: "SELECT paused FROM batch WHERE name = ?", arguments: [name])
                }
            return paused ?? false
        }
    }

    /// Limits a destination, or the queue as a whole.
    package func setLimits(_ limits: Limits, of destination: String?) async throws {
        try await commits.write { db in
            try Self.set(
                "concurrency = ?, bytes_per_second = ?",
                [limits.concurrency, limits.bytesPerSecond],
                destination.map(Scope.destination) ?? .queue,
                db
            )
        }
    }

    /// The limits that hold now, in one reading.
    package func limits() async throws -> LimitsInForce {
        try await read { db in
            func limits(_ row: Row) -> Limits {
                Limits(concurrency: row["concurrency"], bytesPerSecond: row["bytes_per_second"])
            }
            let queue = try Row.fetchOne(db.cachedStatement(sql: "SELECT concurrency, bytes_per_second FROM queue"))
            let destinations = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT name, concurrency, bytes_per_second FROM destination
                        WHERE concurrency IS NOT NULL OR bytes_per_second IS NOT NULL
                        """
                )
            )
            let hands = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT worker_id, destination, count(*) AS uploads FROM upload WHERE status = 'processing'
                        GROUP BY worker_id, destination
                        """
                )
            )
            var inHand: [Int64: [String: Int]] = [:]
            for row in hands { inHand[row["worker_id"], default: [:]][row["destination"]] = row["uploads"] }
            return LimitsInForce(
                queue: queue.map(limits) ?? Limits(),
                destinations: Dictionary(uniqueKeysWithValues: destinations.map { ($0["name"], limits($0)) }),
                inHand: inHand
            )
        }
    }

    /// Lets the crowd return to a destination that takes its clients again.
    ///
    /// - Parameters:
    ///   - name: The destination.
    ///   - seen: The end of the wait after which an upload went first; a wait that began since stays.
    /// - Throws: ``UploadStoreError``.
    package func reopenDestination(_ name: String, after seen: String) async throws {
        try await commits.write { db in
            try db.execute(
                sql: "UPDATE destination SET retry_at = NULL WHERE name = ? AND retry_at = ?",
                arguments: [name, seen]
            )
        }
    }

    private static func set(
        _ assignments: String,
        _ values: StatementArguments,
        _ scope: Scope,
        _ db: Database
    ) throws {
        switch scope {
        case .queue:
            try db.execute(sql: "UPDATE queue SET \(assignments)", arguments: values)
        case .destination(let name):
            try db.execute(sql: "UPDATE destination SET \(assignments) WHERE name = ?", arguments: values + [name])
            guard db.changesCount == 1 else { throw UploadStoreError(.notFound, "there is no destination \(name)") }
        case .batch(let name):
            try db.execute(sql: "UPDATE batch SET \(assignments) WHERE name = ?", arguments: values + [name])
            guard db.changesCount == 1 else { throw UploadStoreError(.notFound, "there is no batch \(name)") }
        }
    }
}
