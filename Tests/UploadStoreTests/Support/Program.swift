import Foundation
import GRDB
import Testing

@testable import UploadStore

/// A program's own database: a table `scan`, and a header that is its own.
struct Program {
    static let header = "77\n5"

    let folder: TestFolder
    let pool: DatabasePool

    var path: String { folder.file("program.db") }

    /// Makes the file with a mode, or opens the one of a folder again.
    init(mode: Int = 0o600, folder: TestFolder? = nil) throws {
        self.folder = try folder ?? TestFolder()
        let path = self.folder.file("program.db")
        if folder == nil { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        pool = try DatabasePool(path: path)
        try pool.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS scan (id INTEGER PRIMARY KEY, path TEXT NOT NULL);
                    PRAGMA application_id = 77;
                    PRAGMA user_version = 5;
                    """
            )
        }
    }

    func open() throws -> Store { try Store.open(in: pool) }

    func scan(_ path: String) throws {
        try pool.write { db in try db.execute(sql: "INSERT INTO scan (path) VALUES (?)", arguments: [path]) }
    }

    /// Everything in the file, as the sqlite3 shell tells it.
    func dump() throws -> String {
        try Shell(path: path).run("PRAGMA application_id; PRAGMA user_version") + "\n" + Shell(path: path).run(".dump")
    }

    func number(_ sql: String) throws -> Int? {
        try pool.writeWithoutTransaction { db in try Int.fetchOne(db, sql: sql) }
    }
}
