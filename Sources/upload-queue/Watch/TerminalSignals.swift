import Synchronization
import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The signals that a program on a whole terminal has to answer itself, told through a pipe.
///
/// Not a dispatch source: that knows no way to stop the process by a signal that it handles.
enum TerminalSignals {
    private static let handled = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH]
    private static let sink = Atomic<Int32>(-1)

    private static let handler: @convention(c) (Int32) -> Void = { number in
        let before = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(TerminalSignals.sink.load(ordering: .relaxed), &byte, 1)
        errno = before
    }

    /// Handles the signals from now on, for the rest of the process.
    ///
    /// - Returns: The pipe from which each signal's number is read as a byte.
    /// - Throws: `Errno` where there is no pipe.
    static func start() throws -> FileDescriptor {
        let (source, sink) = try FileDescriptor.pipe()
        for end in [source, sink] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
        // A handler must never wait.
        _ = fcntl(sink.rawValue, F_SETFL, O_NONBLOCK)
        Self.sink.store(sink.rawValue, ordering: .relaxed)
        for number in handled { signal(number, handler) }
        return source
    }

    /// Stops the process as SIGTSTP does by default, and returns when it goes on.
    ///
    /// - Parameter group: Whether to stop the other processes of its job too, as the terminal does at Ctrl-Z.
    static func stop(group: Bool) {
        if group {
            signal(SIGTSTP, SIG_IGN)
            kill(0, SIGTSTP)
        }
        signal(SIGTSTP, SIG_DFL)
        // In this thread, so that nothing is done between the signal and the stop.
        unblocking(SIGTSTP) { _ = raise(SIGTSTP) }
        signal(SIGTSTP, handler)
    }

    /// Runs a body while this thread takes a signal, which the threads of the concurrency runtime do not.
    static func unblocking<Value>(_ number: Int32, _ body: () throws -> Value) rethrows -> Value {
        var wanted = sigset_t()
        var before = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, number)
        pthread_sigmask(SIG_UNBLOCK, &wanted, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try body()
    }

    /// Makes this thread one that takes the signals.
    static func takeHere() {
        var wanted = sigset_t()
        sigemptyset(&wanted)
        for number in handled { sigaddset(&wanted, number) }
        pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
    }
}
