import Foundation
import Testing

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A program of its own, so that what it does is not softened by living in this process.
///
/// Foundation's Process crashes on Linux where more than 1,024 files are open, as they are while many tests run.
struct ChildProcess {
    private let process: pid_t
    private let folder: TestFolder

    /// Starts a program; a missing one ends with status 127.
    init(_ arguments: [String]) throws {
        folder = try TestFolder()
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        #else
        var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, folder.file("output"), O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, folder.file("errors"), O_WRONLY | O_CREAT, 0o600)
        let words = (["/usr/bin/env"] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let failure = posix_spawn(&process, "/usr/bin/env", &actions, nil, words + [nil], environ)
        try #require(failure == 0, "cannot start \(arguments): \(String(cString: strerror(failure)))")
        self.process = process
    }

    /// Waits until the program wrote something, or ended.
    func firstOutput() async -> String {
        while size(of: folder.file("output")) == 0 && kill(process, 0) == 0 { await Task.yield() }
        return text("output")
    }

    /// SIGKILL, and waits for the end.
    func kill() throws {
        _ = kill(process, SIGKILL)
        _ = try result()
    }

    /// Waits for the end of the program.
    ///
    /// - Returns: Its exit status, or the negative number of the signal that ended it, and what it wrote.
    /// - Throws: Where it cannot be waited for.
    func result() throws -> (status: Int32, output: String, errors: String) {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 { try #require(errno == EINTR) }
        let signal = status & 0x7F
        return (signal == 0 ? status >> 8 & 0xFF : -signal, text("output"), text("errors"))
    }

    private func kill(_ process: pid_t, _ signal: Int32) -> Int32 {
        #if canImport(Darwin)
        Darwin.kill(process, signal)
        #elseif canImport(Glibc)
        Glibc.kill(process, signal)
        #else
        Musl.kill(process, signal)
        #endif
    }

    private func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: folder.file(name)) ?? Data(), as: UTF8.self)
    }
}

/// Copies files with cp(1): closing a database file in this process would drop SQLite's locks on it.
func copy(_ paths: [String], to folder: String) throws {
    let result = try ChildProcess(["cp", "-p"] + paths + [folder]).result()
    try #require(result.status == 0, "cp: \(result.errors)")
}

/// The `sqlite3` shell on a database, as a person uses it.
struct Shell {
    let path: String
    /// Run before each statement.
    var prelude = ""

    /// Runs statements that are expected to work.
    @discardableResult
    func run(_ sql: String) throws -> String {
        let result = try ChildProcess(["sqlite3", "-batch", "-bail", path, prelude + sql]).result()
        try #require(result.status == 0, "the sqlite3 shell failed (127: it is missing): \(sql): \(result.errors)")
        return result.output.trimmingCharacters(in: .newlines)
    }

    /// Runs a statement that is expected to be refused, and gives what the shell says.
    func refusal(_ sql: String) throws -> String {
        let result = try ChildProcess(["sqlite3", "-batch", "-bail", path, prelude + sql]).result()
        let isRefused = result.status > 0 && result.status < 126
        try #require(isRefused, "status \(result.status) (127: sqlite3 is missing): \(sql): \(result.errors)")
        return result.errors
    }
}
