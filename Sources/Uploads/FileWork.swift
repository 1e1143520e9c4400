internal import NIOCore
internal import NIOPosix

/// Threads for work on files that can take long: a copy, a lock, a slow disk.
///
/// Neither tasks nor the readers of files that are being sent wait for it.
enum FileWork {
    private static let threads: NIOThreadPool = {
        let threads = NIOThreadPool(numberOfThreads: 4)
        threads.start()
        return threads
    }()

    /// Runs a body that may block.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await threads.runIfActive(body)
    }
}
