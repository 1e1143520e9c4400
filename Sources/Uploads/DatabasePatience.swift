internal import Logging
internal import Synchronization
internal import UploadStore

/// Waits for a database that is locked or whose disk is full: what is in hand must not be lost for a passing trouble.
final class DatabasePatience: Sendable {
    /// Seconds; then the trouble does not pass by itself.
    private static let longestWait = 120

    private let logger: Logger
    private let isTold = Mutex(false)

    init(logger: Logger) { self.logger = logger }

    /// Tries a write again while the database is locked or its disk is full.
    ///
    /// - Parameters:
    ///   - isStopping: Whether nothing is lost by giving up now.
    ///   - write: The write.
    /// - Returns: What the write returned.
    /// - Throws: What the write threw last.
    func write<Value>(
        until isStopping: () -> Bool = { false },
        _ write: () async throws -> Value
    ) async throws -> Value {
        var waited = 0
        while true {
            do {
                let value = try await write()
                if waited > 0 { isTold.withLock { $0 = false } }
                return value
            } catch let error as UploadStoreError where error.isPassing {
                guard waited < Self.longestWait, !Task.isCancelled, !isStopping() else { throw error }
                tell(error)
                try? await Task.sleep(for: .seconds(1))
                waited += 1
            }
        }
    }

    /// Once for all that wait at the same time.
    private func tell(_ error: UploadStoreError) {
        let isFirst = isTold.withLock { isTold in
            defer { isTold = true }
            return !isTold
        }
        guard isFirst else { return }
        logger.warning(
            "The database cannot be written now; it is tried again every second",
            metadata: ["error.type": "\(error.code.rawValue)", "error.message": "\(error.message)"]
        )
    }
}
