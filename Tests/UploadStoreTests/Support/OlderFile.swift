import Foundation
import GRDB

@testable import UploadStore

/// Makes a queue's file as an older version left it; `sql` runs after the first migration, before there are triggers.
func makeOlderFile(_ path: String, version: Int, sql: String = "") throws {
    let queue = try DatabaseQueue(path: path)
    try queue.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA journal_mode = WAL")
        if version > 0 {
            try db.execute(
                sql: """
                    CREATE TABLE schema_migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL,
                        sha256 TEXT NOT NULL, applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))) STRICT;
                    PRAGMA application_id = 1433424177;
                    """
            )
        }
        for migration in Migration.all.prefix(version) {
            try db.execute(sql: String(decoding: migration.sql, as: UTF8.self))
            try db.execute(
                sql: "INSERT INTO schema_migration VALUES (?, ?, ?, 'by hand')",
                arguments: [migration.version, migration.name, migration.sha256]
            )
            try db.execute(sql: "PRAGMA user_version = \(migration.version)")
            if migration.version == 1 { try db.execute(sql: sql) }
        }
    }
    try queue.close()
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
}
