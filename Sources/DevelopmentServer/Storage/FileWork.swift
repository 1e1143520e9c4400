import Dispatch

/// Runs blocking file work away from event loops and from the cooperative thread pool.
enum FileWork {
    private static let queue = DispatchQueue(
        label: "upload-queue.development-server.files",
        qos: .userInitiated,
        attributes: .concurrent
    )

    /// Runs `work` on a thread that may block, and waits for it; task cancellation does not interrupt it.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: Result(catching: work))
            }
        }
    }
}
