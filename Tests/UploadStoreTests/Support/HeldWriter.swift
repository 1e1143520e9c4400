import Dispatch

@testable import UploadStore

/// Holds a store's writer inside a transaction, so that what is written meanwhile has to wait together.
struct HeldWriter {
    private let gate = DispatchSemaphore(value: 0)
    private let held: Task<Void, any Error>

    /// Returns once the writer is held.
    init(_ store: Store) async {
        let (entered, signal) = AsyncStream.makeStream(of: Void.self)
        let gate = gate
        held = Task {
            try await store.commits.write { _ in
                signal.finish()
                gate.wait()
            }
        }
        for await _ in entered {}
    }

    /// Lets the writer go on once so many writes wait behind it.
    func release(_ store: Store, whenWaiting count: Int) async throws {
        while store.commits.waitingCount < count { await Task.yield() }
        gate.signal()
        try await held.value
    }
}
