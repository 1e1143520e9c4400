import Synchronization

/// A port that is not known yet; any number of tasks can wait for it.
final class ListeningPort: Sendable {
    private struct State {
        var result: Result<Int, any Error>?
        var waiters: [Int: CheckedContinuation<Int, any Error>] = [:]
        var nextTicket = 0
    }

    private let state = Mutex(State())

    /// Waits for the port.
    ///
    /// - Throws: the error it failed with, or `CancellationError`.
    func value() async throws -> Int {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                wait(continuation, ticket)
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: ticket) }
            waiter?.resume(throwing: CancellationError())
        }
    }

    /// Tells the port.
    func succeed(_ port: Int) {
        settle(.success(port))
    }

    /// Tells that there is no port, or no more.
    func fail(_ error: any Error) {
        settle(.failure(error))
    }

    private func wait(_ continuation: CheckedContinuation<Int, any Error>, _ ticket: Int) {
        let result: Result<Int, any Error>? = state.withLock { state in
            if let result = state.result { return result }
            // The cancellation handler may have run before there was a waiter.
            if Task.isCancelled { return .failure(CancellationError()) }
            state.waiters[ticket] = continuation
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    private func settle(_ result: Result<Int, any Error>) {
        let waiters = state.withLock { state in
            state.result = result
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(with: result) }
    }
}
