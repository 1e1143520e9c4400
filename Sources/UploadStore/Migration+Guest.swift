internal import GRDB

/// The queue's tables as guests in a program's own database.
extension Migration {
    /// Refuses a database in which the queue's tables are newer, were edited, or would meet others of their names.
    ///
    /// - Throws: ``UploadStoreError`` `another_program`, `newer_schema`, `edited_schema`, or `refused` for a file that is a
    ///   queue's own.
    static func inspectGuest(_ db: Database, path: String) throws {
        guard try Int32.fetchOne(db, sql: "PRAGMA application_id") != Self.applicationID else {
            throw UploadStoreError(.refused, "\(path) is a queue's own file; open it by its path")
        }
        let version = try guestVersion(db, path: path)
        guard version <= latest else {
            throw UploadStoreError(
                .newerSchema,
                "the queue in \(path) was written by a newer version (schema \(version), this one knows \(latest)); "
                    + "upgrade this program"
            )
        }
        if version > 0 { try checkApplied(version, db, path: path) }
        guard version < latest else { return }
        let there = try Set(names(db).map { $0.lowercased() })
        for name in try namesMade(after: version) where there.contains(name) {
            throw nameIsTaken(name, path: path)
        }
    }

    /// The version of the queue's schema; 0 where it has no tables yet.
    private static func guestVersion(_ db: Database, path: String) throws -> Int {
        let columns = try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info('schema_migration', 'main')")
        if columns.isEmpty { return 0 }
        guard columns == ["version", "name", "sha256", "applied_at"] else {
            throw nameIsTaken("schema_migration", path: path)
        }
        guard let version = try version(db) else { throw nameIsTaken("schema_migration", path: path) }
        return version
    }

    private static func nameIsTaken(_ name: String, path: String) -> UploadStoreError {
        UploadStoreError(
            .anotherProgram,
            "\(path) has a table, view, index or trigger \(name) of its own; the queue needs a database without it"
        )
    }

    /// What the migrations after a version make, beside what was there before, in lower case and in order.
    private static func namesMade(after version: Int) throws -> [String] {
        try DatabaseQueue().writeWithoutTransaction { db in
            for migration in all.prefix(version) { try migration.apply(db) }
            let before = try version == 0 ? [] : Set(names(db))
            // After each: a later migration may drop what an earlier one makes, and that has to find its name free too.
            var made: Set<String> = []
            for migration in all.dropFirst(version) {
                try migration.apply(db)
                made.formUnion(try names(db))
            }
            return made.subtracting(before).map { $0.lowercased() }.sorted()
        }
    }

    private static func names(_ db: Database) throws -> [String] {
        try String.fetchAll(db, sql: "SELECT name FROM main.sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
    }
}
