import Foundation
import Testing

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Programs of this machine, run without blocking a thread.
///
/// Not by Foundation's `Process`: on Linux its `run()` reads beyond a page of directory entries, and crashes at random
/// where many files are open, as in tests that run at the same time.
enum ChildProcess {
    /// Runs a program that is expected to work, and gives the lines that it printed.
    static func output(_ arguments: [String]) async throws -> [String] {
        let result = try await run(arguments)
        try #require(result.status == 0, "\(arguments[0]) ended with \(result.status): \(result.output)")
        return result.output.split(separator: "\n").map(String.init)
    }

    /// Runs a program to its end; a missing one ends with status 127.
    static func run(_ arguments: [String]) async throws -> (status: Int32, output: String) {
        let folder = try TestFolder()
        let file = open(folder["output"], O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        let process = try spawn(["/usr/bin/env"] + arguments, output: file)
        let status = await withCheckedContinuation { continuation in
            // A thread of its own may wait; those of the tests may not.
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(process, &status, 0) < 0 && errno == EINTR {}
                continuation.resume(returning: status)
            }
        }
        let output = try String(contentsOfFile: folder["output"], encoding: .utf8)
        return (status & 0x7F == 0 ? status >> 8 & 0xFF : status & 0x7F, output)
    }

    private static func spawn(_ arguments: [String], output: Int32) throws -> pid_t {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        #else
        var actions = posix_spawn_file_actions_t()
        #endif
        try #require(posix_spawn_file_actions_init(&actions) == 0)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        var texts = arguments.map { strdup($0) }
        texts.append(nil)
        defer { for text in texts { free(text) } }
        var process: pid_t = 0
        try #require(posix_spawn(&process, arguments[0], &actions, nil, texts, environ) == 0)
        return process
    }
}
