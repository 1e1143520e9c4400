import Synchronization

/// One request per upload at a time: the others wait in order, each for a bounded time.
final class UploadLocks: Sendable {
    /// The lock was not free in time.
    struct Busy: Error {}

    private struct Waiter {
        let ticket: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var held: [String: [Waiter]] = [:]
        var nextTicket = 0
    }

    private let state = Mutex(State())

    /// Runs `body` while nobody else holds the lock of `key`.
    ///
    /// - Throws: ``Busy`` when the lock was not free within `bound` or the task was cancelled, and what `body` throws.
    func withLock<Value>(
        _ key: String,
        waitingUpTo bound: Duration,
        _ body: () async throws -> Value
    ) async throws -> Value {
        guard await acquire(key, bound) else { throw Busy() }
        defer { release(key) }
        return try await body()
    }

    private func acquire(_ key: String, _ bound: Duration) async -> Bool {
        let ticket: Int? = state.withLock { state in
            guard state.held[key] != nil else {
                state.held[key] = []
                return nil
            }
            state.nextTicket += 1
            return state.nextTicket
        }
        guard let ticket else { return true }
        let timeout = Task { [self] in
            try await Task.sleep(for: bound)
            giveUp(ticket, key)
        }
        defer { timeout.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait(Waiter(ticket: ticket, continuation: continuation), key)
            }
        } onCancel: {
            giveUp(ticket, key)
        }
    }

    private func wait(_ waiter: Waiter, _ key: String) {
        let answer: Bool? = state.withLock { state in
            guard state.held[key] != nil else {
                state.held[key] = []
                return true
            }
            // The cancellation handler may have run before there was a waiter to give up.
            guard !Task.isCancelled else { return false }
            state.held[key, default: []].append(waiter)
            return nil
        }
        if let answer { waiter.continuation.resume(returning: answer) }
    }

    private func giveUp(_ ticket: Int, _ key: String) {
        let waiter: Waiter? = state.withLock { state in
            guard let index = state.held[key]?.firstIndex(where: { $0.ticket == ticket }) else { return nil }
            return state.held[key]?.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
    }

    private func release(_ key: String) {
        let next: Waiter? = state.withLock { state in
            guard let waiters = state.held[key], !waiters.isEmpty else {
                state.held[key] = nil
                return nil
            }
            return state.held[key]?.removeFirst()
        }
        next?.continuation.resume(returning: true)
    }
}
