internal import Synchronization

/// Waits for changes of the database by anyone: at once for this process, within a quarter of a second for others.
///
/// However many wait, the database is looked at once for all of them.
package final class DatabaseWatch: Sendable {
    /// How often another process's changes are looked for.
    package static let interval = Duration.milliseconds(250)

    private struct State {
        var waiting = 0
        var looking: Task<Void, Never>?
    }

    private let version: @Sendable () async throws -> Int
    private let changes: ChangeSignal
    private let state = Mutex(State())

    init(changes: ChangeSignal, version: @escaping @Sendable () async throws -> Int) {
        self.changes = changes
        self.version = version
    }

    /// Stands for the database as it is now; take it before reading, so that no change is missed.
    package func mark() async throws -> Int { try await version() }

    /// Returns once the database differs from a mark.
    ///
    /// - Throws: `CancellationError`, or ``UploadStoreError`` when the database cannot be read.
    package func change(since mark: Int) async throws {
        begin(mark)
        defer { end() }
        while true {
            let signals = changes.stream()
            guard try await version() == mark else { return }
            for await _ in signals { break }
            try Task.checkCancellation()
        }
    }

    /// Whether anyone looks at the database now.
    var isLooking: Bool { state.withLock { $0.looking != nil } }

    private func begin(_ mark: Int) {
        state.withLock { state in
            state.waiting += 1
            if state.looking == nil { state.looking = Task.detached { await self.look(from: mark) } }
        }
    }

    private func end() {
        state.withLock { state in
            state.waiting -= 1
            guard state.waiting == 0 else { return }
            state.looking?.cancel()
            state.looking = nil
        }
    }

    private func look(from mark: Int) async {
        var seen: Int? = mark
        while (try? await Task.sleep(for: Self.interval)) != nil {
            let now = try? await version()
            // Where it cannot be read, those who wait learn why by trying it themselves.
            if now != seen || now == nil { changes.signal() }
            seen = now
        }
    }
}
