import Foundation
import Testing

/// The `sqlite3` shell, as a person uses it.
enum SQLiteShell {
    struct Missing: Error, CustomStringConvertible {
        var description: String { "the sqlite3 shell is not installed: apt-get install -y sqlite3" }
    }

    /// Runs statements and returns what the shell printed: lines of columns separated by `|`.
    static func run(_ sql: String, on database: String, readOnly: Bool = true) async throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sqlite3", "-batch"] + (readOnly ? ["-readonly"] : []) + [database, sql]
        let folder = try TemporaryFolder()
        let file = URL(filePath: folder["output"])
        try Data().write(to: file)
        process.standardOutput = try FileHandle(forWritingTo: file)
        process.standardError = process.standardOutput
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        for await _ in ended {}
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        if process.terminationStatus == 127 { throw Missing() }
        try #require(process.terminationStatus == 0, "sqlite3: \(text)")
        return text.split(separator: "\n").map(String.init)
    }
}
