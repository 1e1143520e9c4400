internal import GRDB

/// The uploads of one destination and one batch that are ready, of which the first is at its head.
struct Lane {
    struct Key: Hashable {
        var destination: String
        /// Empty: no batch.
        var batch: String
    }

    var key: Key
    var priority: Int
    var id: Int64
}

extension Lane {
    /// What the index `upload_ready` holds.
    static let ready = "status = 'pending' AND not_before IS NULL AND retry_at IS NULL AND crashes < 2"

    private static let columns = "upload.destination, upload.batch, upload.priority, upload.id"

    private init(_ row: Row) {
        self.init(
            key: Key(destination: row["destination"], batch: row["batch"]),
            priority: row["priority"],
            id: row["id"]
        )
    }

    /// The lanes of a destination whose batch is not paused, in the order of the batches' names: those after one batch,
    /// up to another one, at most so many.
    static func open(
        of destination: String,
        after: String?,
        upTo last: String?,
        limit: Int,
        _ db: Database
    ) throws -> [Lane] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(columns) FROM upload_count AS lane CROSS JOIN upload ON upload.id = (
                    SELECT id FROM upload INDEXED BY upload_ready
                    WHERE \(ready) AND destination = lane.destination AND batch = lane.batch
                    ORDER BY priority DESC, id LIMIT 1)
                WHERE lane.destination = :destination AND lane.status = 'pending'
                    AND (:after IS NULL OR lane.batch > :after) AND (:last IS NULL OR lane.batch <= :last)
                    AND NOT EXISTS (SELECT 1 FROM batch WHERE name = lane.batch AND paused = 1)
                ORDER BY lane.batch LIMIT :limit
                """
        )
        let arguments: StatementArguments = ["destination": destination, "after": after, "last": last, "limit": limit]
        return try Row.fetchAll(statement, arguments: arguments).map(Lane.init)
    }

    /// The same lane as it is now; nil where nothing of it is ready any more.
    func current(_ db: Database) throws -> Lane? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(Self.columns) FROM upload INDEXED BY upload_ready
                WHERE \(Self.ready) AND destination = ? AND batch = ? ORDER BY priority DESC, id LIMIT 1
                """
        )
        return try Row.fetchOne(statement, arguments: [key.destination, key.batch]).map(Lane.init)
    }
}

/// What may be claimed now: what is not paused, put off by its server, or at its limit.
struct ClaimRoom {
    /// The most lanes that one claim takes into account; the next one goes on behind them.
    static let mostLanes = 512

    /// Uploads that may still be claimed; 0 where the queue is paused.
    private(set) var left: Int
    private var leftByDestination: [String: Int] = [:]
    private let pausedBatches: Set<String>

    /// Reads the limits and what is in hand.
    init(now: String, horizon: String, _ db: Database) throws {
        let queue = try Row.fetchOne(db.cachedStatement(sql: "SELECT paused, concurrency FROM queue"))
        var inHand: [String: Int] = [:]
        let counts = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT destination, count(*) AS uploads FROM upload INDEXED BY upload_processing
                    WHERE status = 'processing' GROUP BY destination
                    """
            )
        )
        for row in counts { inHand[row["destination"]] = row["uploads"] }
        let most = queue?["concurrency"] as Int? ?? Int.max
        left = queue?["paused"] == true ? 0 : max(0, most - inHand.values.reduce(0, +))
        let destinations = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT name, concurrency, retry_at, paused,
                        coalesce(retry_at > :now AND retry_at <= :horizon, 0) AS waits FROM destination
                    """
            ),
            arguments: ["now": now, "horizon": horizon]
        )
        for row in destinations {
            let name: String = row["name"]
            // After the server asked its clients to wait, one upload goes first, to see whether it takes them again.
            let isHalfOpen = row["retry_at"] as String? != nil
            let isClosed = row["paused"] == true || row["waits"] == true
            let most = isClosed ? 0 : isHalfOpen ? 1 : row["concurrency"] as Int? ?? Int.max
            leftByDestination[name] = max(0, most - inHand[name, default: 0])
        }
        pausedBatches = Set(try String.fetchAll(db.cachedStatement(sql: "SELECT name FROM batch WHERE paused = 1")))
    }

    func isOpen(_ destination: String) -> Bool { left > 0 && leftByDestination[destination, default: 0] > 0 }

    func isOpen(_ lane: Lane.Key) -> Bool { isOpen(lane.destination) && !pausedBatches.contains(lane.batch) }

    mutating func took(_ lane: Lane.Key) {
        left -= 1
        leftByDestination[lane.destination, default: 0] -= 1
    }

    /// The lanes that may be claimed from, from where the last look ended.
    func lanes(_ turns: Turns, atMost limit: Int = mostLanes, _ db: Database) throws -> [Lane] {
        let names = leftByDestination.keys.filter(isOpen).sorted()
        let start = turns.position
        var spans = names.map { (destination: $0, after: nil as String?, last: nil as String?) }
        if let start {
            let behind = spans.filter { $0.destination >= start.destination }
            let before = spans.filter { $0.destination <= start.destination }
            spans = behind + before
            for index in spans.indices where spans[index].destination == start.destination {
                if index < behind.count { spans[index].after = start.batch } else { spans[index].last = start.batch }
            }
        }
        var lanes: [Lane] = []
        for span in spans where lanes.count < limit {
            lanes += try Lane.open(
                of: span.destination,
                after: span.after,
                upTo: span.last,
                limit: limit - lanes.count,
                db
            )
        }
        turns.position = lanes.count == limit ? lanes.last?.key : nil
        return lanes
    }
}
