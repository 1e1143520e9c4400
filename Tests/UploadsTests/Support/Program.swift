import DevelopmentServer
import Foundation
import GRDB
import Testing
import UploadStore

@testable import Uploads

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A program with a database of its own, a table `scan` in it, and a queue beside that.
struct Program: Sendable {
    let pool: DatabasePool
    let queue: UploadQueue

    /// Opens `program.db` of a folder, as the program does each time that it starts.
    init(_ folder: String) async throws {
        let path = folder + "/program.db"
        if !FileManager.default.fileExists(atPath: path) {
            let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: attributes)
        }
        var configuration = Configuration()
        // Others may be opening or closing it.
        configuration.busyMode = .timeout(20)
        pool = try DatabasePool(path: path, configuration: configuration)
        try await pool.write { db in
            try db.execute(sql: "CREATE TABLE IF NOT EXISTS scan (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE)")
        }
        queue = try await UploadQueue.open(in: pool)
    }

    /// Runs a body with the program in a process of its own, which leaves what went wrong in a file.
    static func start(_ folder: String, _ body: (Program) async throws -> Void) async throws {
        do {
            try await body(Program(folder))
        } catch {
            try "\(error)".write(toFile: folder + "/error", atomically: true, encoding: .utf8)
            throw error
        }
    }

    /// What went wrong in a process of its own.
    static func error(in folder: String) -> String? { try? String(contentsOfFile: folder + "/error", encoding: .utf8) }

    /// Notes a scan and adds it, in one transaction.
    @discardableResult
    func scan(_ path: String, options: AddOptions = .init()) async throws -> Upload {
        try await pool.write { [queue] db in
            try db.execute(sql: "INSERT INTO scan (path) VALUES (?)", arguments: [path])
            return try queue.add(.file(path), to: "server", options: options, in: db)
        }
    }

    func scans() async throws -> [String] {
        try await pool.read { db in try String.fetchAll(db, sql: "SELECT path FROM scan ORDER BY path") }
    }

    func number(_ sql: String) async throws -> Int {
        try await pool.read { db in try Int.fetchOne(db, sql: sql) ?? -1 }
    }
}

/// The end of a process that nothing softens.
enum Kill {
    /// At once.
    static func now() -> Never {
        kill(getpid(), SIGKILL)
        while true { pause() }
    }

    /// At a random moment within some milliseconds.
    static func soon(within milliseconds: ClosedRange<Double>) {
        let moment = Double.random(in: milliseconds)
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: moment / 1000)
            now()
        }
    }
}
