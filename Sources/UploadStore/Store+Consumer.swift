package import GRDB

extension Store {
    /// How far a consumer came in the history; 0 where it is new.
    package func cursor(of consumer: String) async throws -> Int64 {
        try await read { db in
            try Int64.fetchOne(db, sql: "SELECT cursor FROM consumer WHERE name = ?", arguments: [consumer]) ?? 0
        }
    }

    /// Notes that a consumer has dealt with every event up to one; an earlier one than noted changes nothing.
    package func acknowledge(_ sequence: Int64, by consumer: String) async throws {
        try await commits.write { db in try Self.acknowledge(sequence, by: consumer, db) }
    }

    /// As ``acknowledge(_:by:)``, in a transaction of the caller.
    package static func acknowledge(_ sequence: Int64, by consumer: String, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO consumer (name, cursor) VALUES (:name, :cursor)
                ON CONFLICT DO UPDATE SET cursor = excluded.cursor, updated_at = excluded.updated_at
                WHERE excluded.cursor > cursor
                """,
            arguments: ["name": consumer, "cursor": sequence]
        )
    }

    /// Every consumer with its cursor, by name.
    package func consumers() async throws -> [(name: String, cursor: Int64)] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT name, cursor FROM consumer ORDER BY name").map {
                ($0["name"], $0["cursor"])
            }
        }
    }

    /// Forgets a consumer: what it had not read can be pruned.
    package func removeConsumer(_ name: String) async throws {
        try await commits.write { db in
            try db.execute(sql: "DELETE FROM consumer WHERE name = ?", arguments: [name])
            guard db.changesCount == 1 else { throw UploadStoreError(.notFound, "there is no consumer \(name)") }
        }
    }
}
