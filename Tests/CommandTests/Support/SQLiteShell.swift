import Foundation
import Testing

/// The `sqlite3` shell, as a person uses it.
enum SQLiteShell {
    struct Missing: Error, CustomStringConvertible {
        var description: String { "the sqlite3 shell is not installed: apt-get install -y sqlite3" }
    }

    /// Runs statements and returns what the shell printed: lines of columns separated by `|`.
    static func run(_ sql: String, on database: String, readOnly: Bool = true) async throws -> [String] {
        let folder = try TemporaryFolder()
        let process = try ChildProcess(
            // A worker may be writing: the shell itself waits for nobody.
            ["sqlite3", "-batch", "-cmd", ".timeout 60000"] + (readOnly ? ["-readonly"] : []) + [database, sql],
            environment: ProcessInfo.processInfo.environment,
            folder: folder.path,
            files: ("/dev/null", folder["output"], folder["output"])
        )
        let (status, _) = await process.wait()
        let text = String(decoding: try Data(contentsOf: URL(filePath: folder["output"])), as: UTF8.self)
        if status == 127 { throw Missing() }
        try #require(status == 0, "sqlite3: \(text)")
        return text.split(separator: "\n").map(String.init)
    }
}
