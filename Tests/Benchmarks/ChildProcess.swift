import Foundation
import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A program that runs.
///
/// Not Foundation's `Process`, which does not tell what a program used.
struct ChildProcess {
    /// How a program ended.
    struct Ending {
        /// The exit status; of a signal, the negative number.
        var status: Int32
        /// User and system time of it and of all that it waited for.
        var cpuSeconds: Double
    }

    /// Its id, and that of its process group.
    let pid: pid_t

    /// Starts a program, which is looked up in the search path.
    ///
    /// - Parameters:
    ///   - arguments: Its name and its arguments.
    ///   - input: Its standard input.
    ///   - output: Its standard output.
    ///   - errors: Its standard error.
    /// - Throws: `Errno`, when there is no such program.
    init(
        _ arguments: [String],
        input: FileDescriptor,
        output: FileDescriptor,
        errors: FileDescriptor = .standardError
    ) throws {
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
        for (number, descriptor) in [input, output, errors].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor.rawValue, Int32(number))
        }
        // What this program blocks or ignores, its children must get.
        var blocked = sigset_t()
        var ignored = sigset_t()
        sigemptyset(&blocked)
        sigfillset(&ignored)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setsigdefault(&attributes, &ignored)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var texts = arguments.map { strdup($0) }
        texts.append(nil)
        defer { for text in texts { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, texts, environ)
        guard code == 0 else { throw Errno(rawValue: code) }
        self.pid = pid
    }

    /// Waits for its end.
    func wait() -> Ending {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(pid, &status, 0, &usage) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return Ending(
            status: signal == 0 ? status >> 8 & 0xFF : -signal,
            cpuSeconds: usage.ru_utime.seconds + usage.ru_stime.seconds
        )
    }
}

extension timeval {
    /// The time as one number.
    var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1_000_000 }
}
