internal import GRDB

/// Writes a queue's rows into another database, and the schema around them.
///
/// SQLite's own ways to copy (backup, `VACUUM INTO`) would write the grants too, and erasing them afterwards leaves them
/// in free pages and on the disk. So the rows are written one table after the other, as they are to be in the copy.
struct QueueCopy {
    /// What was copied.
    struct Count {
        var uploads = 0
        /// Uploads whose grant was left out.
        var grants = 0
    }

    /// Rows of one statement: a cancelled task ends after it, and progress is told.
    private static let batch = 5_000

    /// What is not copied as it is, by table and column.
    private static let changes: [String: [String: String]] = [
        "upload": GrantlessUpload.columns,
        // That their workers do not live beside the copy is no crash of theirs.
        "worker": ["boot_id": "'copy'"],
        // The copies that the original makes from now on are unknown to the copy, and not its to remove.
        "queue": ["spool_mark": "hex(randomblob(8))"],
    ]

    /// The database to copy, as it is at one moment.
    let source: String
    /// The time of the copy.
    let now: String
    /// Told which part of the rows is copied, 0 to 1.
    let progress: @Sendable (Double) -> Void

    /// Copies everything into an empty database that nobody else has open, in one transaction.
    func write(to db: Database) throws -> Count {
        try db.execute(sql: "ATTACH ? AS queue", arguments: [source])
        // A copy that is not finished is thrown away, and one that is, is synchronized by its file.
        try db.execute(
            sql:
                "PRAGMA main.locking_mode = EXCLUSIVE; PRAGMA main.journal_mode = MEMORY; PRAGMA main.synchronous = OFF"
        )
        var count = Count()
        try db.inTransaction(.deferred) {
            guard try Int.fetchOne(db, sql: "PRAGMA queue.user_version") == Migration.latest else {
                throw UploadStoreError(
                    .newerSchema,
                    "a newer version migrated this queue; upgrade this program, which may not know every secret in it"
                )
            }
            try copySchema(of: "table", db)
            try copyRows(db)
            count.grants = try noteGrants(db)
            try recount(db)
            for type in ["index", "trigger", "view"] { try copySchema(of: type, db) }
            for pragma in ["application_id", "user_version"] {
                let value = try Int.fetchOne(db, sql: "PRAGMA queue.\(pragma)") ?? 0
                try db.execute(sql: "PRAGMA main.\(pragma) = \(value)")
            }
            count.uploads = try Int.fetchOne(db, sql: "SELECT count(*) FROM main.upload") ?? 0
            return .commit
        }
        try db.execute(sql: "DETACH queue")
        guard try String.fetchOne(db, sql: "PRAGMA main.journal_mode = WAL") == "wal" else {
            throw UploadStoreError(.cannotOpen, "SQLite did not accept WAL for the copy")
        }
        return count
    }

    /// The objects of a type that hold no rows elsewhere, as virtual tables would.
    private func copySchema(of type: String, _ db: Database) throws {
        let statements = try String.fetchAll(
            db,
            sql: """
                SELECT sql FROM queue.sqlite_schema
                WHERE type = ? AND sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                    AND (type <> 'table' OR rootpage > 0)
                ORDER BY rowid
                """,
            arguments: [type]
        )
        for statement in statements { try db.execute(sql: statement) }
    }

    private func copyRows(_ db: Database) throws {
        let tables = try String.fetchAll(
            db,
            sql: """
                SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                    AND name <> 'erased_secret' -- its rows stand for the log of the original; the copy has none
                """
        )
        var rows = (done: 0, all: 0)
        for table in tables {
            rows.all += try Int.fetchOne(db, sql: "SELECT count(*) FROM queue.\(table.quotedDatabaseIdentifier)") ?? 0
        }
        for table in tables {
            try copyRows(of: table, db) { count in
                rows.done += count
                progress(Double(rows.done) / Double(max(1, rows.all)))
            }
        }
        // A number that was given once is not given again.
        try db.execute(
            sql:
                "DELETE FROM main.sqlite_sequence; INSERT INTO main.sqlite_sequence SELECT * FROM queue.sqlite_sequence"
        )
    }

    private func copyRows(of table: String, _ db: Database, _ copied: (Int) -> Void) throws {
        let columns = try Row.fetchAll(
            db,
            sql: "SELECT name, type, pk FROM pragma_table_info(?, 'queue')",
            arguments: [table]
        )
        let names = columns.map { $0["name"] as String }
        let values = names.map { Self.changes[table]?[$0] ?? $0.quotedDatabaseIdentifier }
        let name = table.quotedDatabaseIdentifier
        let fate = table == "upload" ? ", \(GrantlessUpload.fate)" : ""
        let insert = """
            INSERT INTO main.\(name) (\(names.map(\.quotedDatabaseIdentifier).joined(separator: ", ")))
            SELECT \(values.joined(separator: ", ")) FROM (SELECT *, :now AS copied_at\(fate) FROM queue.\(name)
            """
        let keys = columns.filter { $0["pk"] as Int > 0 }
        guard keys.count == 1, keys[0]["type"] as String == "INTEGER" else {
            try db.execute(sql: insert + ")", arguments: ["now": now])
            return copied(db.changesCount)
        }
        let key = (keys[0]["name"] as String).quotedDatabaseIdentifier
        var last = Int64.min
        while true {
            try db.execute(
                sql: insert + " WHERE \(key) > :last ORDER BY \(key) LIMIT \(Self.batch))",
                arguments: ["now": now, "last": last]
            )
            let count = db.changesCount
            copied(count)
            if count < Self.batch { return }
            last = try Int64.fetchOne(db, sql: "SELECT max(\(key)) FROM main.\(name)") ?? Int64.max
        }
    }

    /// Counts the uploads as they stand in the copy; its triggers count from then on.
    private func recount(_ db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM main.upload_count;
                INSERT INTO main.upload_count
                    SELECT batch, destination, status, count(*), sum(upload_offset), coalesce(sum(upload_length), 0)
                    FROM main.upload GROUP BY 1, 2, 3
                """
        )
    }

    /// Writes to the history of the copy that grants were left out, and gives their number.
    private func noteGrants(_ db: Database) throws -> Int {
        try db.execute(
            sql: """
                INSERT INTO main.upload_event (upload_id, at, event, status, phase, upload_offset, attempt, generation,
                    error_code, error)
                SELECT id, ?, 'copied', status, phase, upload_offset, attempt, generation, last_error_code, last_error
                FROM main.upload WHERE id IN (SELECT id FROM queue.upload WHERE upload_token IS NOT NULL) ORDER BY id
                """,
            arguments: [now]
        )
        return db.changesCount
    }
}
