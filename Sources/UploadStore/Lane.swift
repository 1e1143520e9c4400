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

    private static let columns = "SELECT destination, batch, priority, id FROM upload WHERE \(ready)"
    private static let head = "ORDER BY destination, batch, priority DESC, id LIMIT 1"

    init?(_ row: Row?) {
        guard let row else { return nil }
        self.init(
            key: Key(destination: row["destination"], batch: row["batch"]),
            priority: row["priority"],
            id: row["id"]
        )
    }

    static func first(_ db: Database) throws -> Lane? {
        Lane(try Row.fetchOne(db.cachedStatement(sql: "\(columns) \(head)")))
    }

    /// The lane that follows in the order of names.
    static func next(after key: Key, _ db: Database) throws -> Lane? {
        let statement = try db.cachedStatement(sql: "\(columns) AND (destination, batch) > (?, ?) \(head)")
        return Lane(try Row.fetchOne(statement, arguments: [key.destination, key.batch]))
    }

    /// The first lane of the destination that follows.
    static func next(afterDestination destination: String, _ db: Database) throws -> Lane? {
        let statement = try db.cachedStatement(sql: "\(columns) AND destination > ? \(head)")
        return Lane(try Row.fetchOne(statement, arguments: [destination]))
    }

    /// The same lane as it is now; nil where nothing of it is ready any more.
    func current(_ db: Database) throws -> Lane? {
        let statement = try db.cachedStatement(
            sql: "\(Self.columns) AND destination = ? AND batch = ? \(Self.head)"
        )
        return Lane(try Row.fetchOne(statement, arguments: [key.destination, key.batch]))
    }
}

/// What may be claimed now: what is not paused, put off by its server, or at its limit.
struct ClaimRoom {
    /// The most lanes that one claim looks at; the next one goes on behind them.
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
                sql:
                    "SELECT destination, count(*) AS uploads FROM upload WHERE status = 'processing' GROUP BY destination"
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

    /// The lanes that may be claimed from, at most ``mostLanes``, from where the last look ended.
    func lanes(_ turns: Turns, _ db: Database) throws -> [Lane] {
        var open: [Lane] = []
        var looked = 0
        var last: Lane.Key?
        guard left > 0 else { return [] }
        let start = turns.position
        var lane = try start.map { try Lane.next(after: $0, db) } ?? Lane.first(db)
        var wrapped = start == nil
        while looked < Self.mostLanes {
            guard let current = lane else {
                if wrapped { break }
                wrapped = true
                lane = try Lane.first(db)
                continue
            }
            looked += 1
            if wrapped, let start, (start.destination, start.batch) < (current.key.destination, current.key.batch) {
                break
            }
            if isOpen(current.key) { open.append(current) }
            lane =
                isOpen(current.key.destination)
                ? try Lane.next(after: current.key, db)
                : try Lane.next(afterDestination: current.key.destination, db)
            last = current.key
        }
        turns.position = looked == Self.mostLanes ? last : nil
        return open
    }
}
