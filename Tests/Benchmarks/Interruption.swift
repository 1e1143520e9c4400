import Dispatch
import Foundation
import Synchronization

/// SIGINT and SIGTERM: they end the client that runs, and with it the benchmark, which removes its files.
enum Interruption {
    private struct State {
        var signal: Int32?
        var client: pid_t?
    }

    private static let state = Mutex(State())

    /// Heeds them while `body` runs.
    static func heeded<Value>(_ body: () throws -> Value) rethrows -> Value {
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { interrupt(number) }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return try body()
    }

    /// Runs a client to its end.
    ///
    /// - Throws: When a signal came, also before.
    static func running(_ start: () throws -> ChildProcess) throws -> ChildProcess.Ending {
        let client = try state.withLock { state in
            if let signal = state.signal { throw interrupted(signal) }
            let client = try start()
            state.client = client.pid
            return client
        }
        let ending = client.wait()
        try state.withLock { state in
            state.client = nil
            if let signal = state.signal { throw interrupted(signal) }
        }
        return ending
    }

    private static func interrupt(_ number: Int32) {
        state.withLock { state in
            state.signal = number
            // GNU time stands between, so its whole group.
            if let client = state.client { kill(-client, SIGKILL) }
        }
    }

    private static func interrupted(_ signal: Int32) -> BenchmarkError {
        BenchmarkError(status: 128 + signal, message: "interrupted")
    }
}
