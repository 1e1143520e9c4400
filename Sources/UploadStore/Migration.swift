internal import Crypto
internal import GRDB

/// One numbered SQL file of the folder `Migrations`, embedded in the library.
package struct Migration: Sendable {
    /// 1 for the first.
    package var version: Int
    /// The file's name without its ending.
    package var name: String
    package var sql: [UInt8]

    /// Lower-case hexadecimal SHA-256 of the file.
    package var sha256: String {
        SHA256.hash(data: sql).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 2 ? digits : "0" + digits
        }.joined()
    }

    /// Every migration, in order.
    package static let all = [
        Migration(version: 1, name: "0001_tables", sql: PackageResources._001_tables_sql),
        Migration(version: 2, name: "0002_transitions", sql: PackageResources._002_transitions_sql),
        Migration(version: 3, name: "0003_views", sql: PackageResources._003_views_sql),
        Migration(version: 4, name: "0004_hosts", sql: PackageResources._004_hosts_sql),
        Migration(version: 5, name: "0005_queue", sql: PackageResources._005_queue_sql),
        Migration(version: 6, name: "0006_queue_rules", sql: PackageResources._006_queue_rules_sql),
        Migration(version: 7, name: "0007_queue_views", sql: PackageResources._007_queue_views_sql),
        Migration(version: 8, name: "0008_source_inode", sql: PackageResources._008_source_inode_sql),
        Migration(version: 9, name: "0009_source_leaves", sql: PackageResources._009_source_leaves_sql),
    ]

    /// The schema version that this library reads and writes.
    package static let latest = all.count
}

extension Migration {
    /// Marks a queue's file: `application_id` of the database header ("UpQ1").
    static let applicationID: Int32 = 0x5570_5131

    /// Applies what is missing, each migration in a transaction of its own; before the first, a queue's own file is copied.
    ///
    /// - Parameters:
    ///   - db: The connection that writes.
    ///   - path: The file.
    ///   - isOwn: Whether the file is a queue's own; the header of another program's database is left alone.
    /// - Throws: An error of SQLite; then what was applied before stays.
    static func migrate(_ db: Database, path: String, isOwn: Bool) throws {
        // Opening takes the write lock only when there is something to do.
        guard try applied(db, isOwn: isOwn) < latest else { return }
        var isCopied = !isOwn
        for migration in all {
            try db.inTransaction(.immediate) {
                // Read again under the lock: another process may have been faster.
                let version = try applied(db, isOwn: isOwn)
                guard version < migration.version else { return .commit }
                if !isCopied, try version > 0 && !isEmpty(db) { try SchemaCopy.make(of: path, version: version) }
                isCopied = true
                try migration.apply(db, isOwn: isOwn)
                return .commit
            }
        }
    }

    private static func applied(_ db: Database, isOwn: Bool) throws -> Int {
        if isOwn { return try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 }
        return try db.tableExists("schema_migration") ? version(db) ?? 0 : 0
    }

    /// The schema's version now, also where another program migrated it meanwhile.
    static func version(_ db: Database) throws -> Int? {
        try Int.fetchOne(db.cachedStatement(sql: "SELECT max(version) FROM schema_migration"))
    }

    /// Whether a queue has nothing that a copy would save.
    private static func isEmpty(_ db: Database) throws -> Bool {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM destination) AND NOT EXISTS (SELECT 1 FROM upload_event)"
        return try Bool.fetchOne(db, sql: sql) ?? true
    }

    func apply(_ db: Database, isOwn: Bool = true) throws {
        try db.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS schema_migration (
                    version    INTEGER PRIMARY KEY,
                    name       TEXT NOT NULL,
                    sha256     TEXT NOT NULL,
                    applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
                ) STRICT
                """
        )
        try db.execute(sql: String(decoding: sql, as: UTF8.self))
        try db.execute(
            sql: "INSERT INTO schema_migration (version, name, sha256) VALUES (?, ?, ?)",
            arguments: [version, name, sha256]
        )
        guard isOwn else { return }
        try db.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(version)")
    }

    /// Refuses a database that is not a queue's, is newer, or whose migrations were edited.
    static func inspect(_ db: Database, path: String) throws {
        let applicationID = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let objects = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        if applicationID == 0 && version == 0 && objects == 0 { return }
        guard applicationID == Self.applicationID else {
            throw UploadStoreError(
                .anotherProgram,
                "\(path) is a database of another program; it was left as it is; name another file"
            )
        }
        guard version <= latest else {
            throw UploadStoreError(
                .newerSchema,
                "\(path) was written by a newer version (schema \(version), this one knows \(latest)); upgrade this program"
            )
        }
        try checkApplied(version, db, path: path)
    }

    /// Refuses a schema that the migrations did not make.
    static func checkApplied(_ version: Int, _ db: Database, path: String) throws {
        let rows =
            try db.tableExists("schema_migration")
            ? Row.fetchAll(db, sql: "SELECT version, name, sha256 FROM schema_migration ORDER BY version") : []
        let known = all.prefix(version).map { [String($0.version), $0.name, $0.sha256] }
        guard version > 0, rows.map({ [String($0["version"] as Int), $0["name"], $0["sha256"]] }) == known else {
            throw UploadStoreError(
                .editedSchema,
                "the schema of \(path) is not the one that this version's migrations make; restore the file or use another"
            )
        }
    }
}
