internal import UploadStore

/// Waits for changes of the database by anyone: at once for this process, within a quarter of a second for others.
struct DatabaseWatch: Sendable {
    /// How often another process's changes are looked for.
    static let interval = Duration.milliseconds(250)

    let store: Store

    /// Stands for the database as it is now; take it before reading, so that no change is missed.
    func mark() async throws -> Int { try await store.dataVersion() }

    /// Returns once the database differs from a mark.
    ///
    /// - Throws: `CancellationError`, or ``UploadStoreError`` when the database cannot be read.
    func change(since mark: Int) async throws {
        while true {
            // A stream for each wait: the end of a wait cancels its reader, and that ends the stream for good.
            let signals = store.changes.stream()
            guard try await store.dataVersion() == mark else { return }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in signals { return }
                    try Task.checkCancellation()
                }
                group.addTask { try await Task.sleep(for: Self.interval) }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }
}
