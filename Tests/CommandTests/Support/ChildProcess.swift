import Foundation
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A running program, waited for without blocking a thread that tests or their server need.
///
/// Not Foundation's `Process`: on Linux its `run()` crashes at random where many files are open, as in tests that run
/// at the same time.
final class ChildProcess: Sendable {
    struct CannotStart: Error {
        var program: String
        var code: Int32
    }

    let pid: pid_t
    private let running = Mutex(true)
    private let ended: AsyncStream<Int32>

    /// Starts a program, which is looked up as env(1) does; a missing one ends with status 127.
    ///
    /// `files` are the paths of standard input (read), output and errors (both written).
    init(
        _ arguments: [String],
        environment: [String: String],
        folder: String,
        files: (input: String, output: String, errors: String),
        onEnd: @escaping @Sendable () -> Void = {}
    ) throws {
        pid = try Self.spawn(arguments, environment: environment, folder: folder, files: files)
        let (ended, end) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        Thread.detachNewThread { [self] in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            running.withLock { $0 = false }
            end.yield(status)
            end.finish()
            onEnd()
        }
    }

    var isRunning: Bool { running.withLock(\.self) }

    func signal(_ signal: Int32) { kill(pid, signal) }

    /// The exit status, or the signal that ended it.
    func wait() async -> (status: Int32, killed: Bool) {
        var status: Int32 = 0
        for await ending in ended { status = ending }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8 & 0xFF, false) : (signal, true)
    }

    private static func spawn(
        _ arguments: [String],
        environment: [String: String],
        folder: String,
        files: (input: String, output: String, errors: String)
    ) throws -> pid_t {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, files.input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, files.output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, files.errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // The threads of a test run block signals that the program must get.
        var none = sigset_t()
        var pipe = sigset_t()
        sigemptyset(&none)
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &pipe)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let program = "/usr/bin/env"
        var texts = ([program, "-C", folder] + arguments).map { strdup($0) }
        var variables = environment.map { strdup("\($0.key)=\($0.value)") }
        texts.append(nil)
        variables.append(nil)
        defer { for text in texts + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, program, &actions, &attributes, texts, variables)
        guard code == 0 else { throw CannotStart(program: program, code: code) }
        return pid
    }
}

extension ChildProcess {
    /// Runs a program to its end, and gives what it wrote to both its outputs.
    static func run(_ arguments: [String], in folder: TemporaryFolder) async throws -> (status: Int32, output: String) {
        let output = folder["\(UUID().uuidString).out"]
        let process = try ChildProcess(
            arguments,
            environment: ProcessInfo.processInfo.environment,
            folder: folder.path,
            files: ("/dev/null", output, output)
        )
        let status = await process.wait().status
        return (status, String(decoding: try Data(contentsOf: URL(filePath: output)), as: UTF8.self))
    }
}
