internal import Foundation
public import Logging
public import ServiceLifecycle
internal import Synchronization
internal import UploadStore

/// A service that works a queue: it claims what is due, and takes each upload to its end.
///
/// Any number may run on one file, in one process or several; each upload is worked by one of them. When the process of
/// one dies, the others take its uploads over, on an idle machine within a second. On graceful shutdown it claims nothing
/// more, lets the requests in flight end within ``Options/gracePeriod``, records what they brought, and gives the rest
/// back.
public struct UploadProcessor: Service, CustomStringConvertible {
    /// How a processor works.
    public struct Options: Sendable {
        /// Uploads worked at the same time, 1 or more; the default is 4.
        public var concurrency: Int
        /// Whether ``UploadProcessor/run()`` returns when nothing is left to do now; the default is to go on.
        ///
        /// Nothing is left when no upload is processing, by anyone, and those that are pending wait for a time that
        /// their user set, for a back-off of theirs or of their destination that ends in more than 60 seconds, or were
        /// tried more often than ``RetryPolicy/delays`` has first back-offs.
        public var drain: Bool
        /// When to try again.
        public var retry: RetryPolicy
        /// A request that makes no progress for so long is cut and tried again; the default is 60 seconds.
        public var stallTimeout: Duration
        /// How long requests in flight may go on at graceful shutdown; the default is 10 seconds.
        public var gracePeriod: Duration
        /// What `provider:NAME` stands for in destinations, by name; the default has none.
        public var credentials: [String: CredentialProvider]
        /// Where to log: debug and trace for each upload's course, info for what went wrong and is tried again.
        public var logger: Logger

        /// Options.
        ///
        /// - Parameters:
        ///   - concurrency: Uploads worked at the same time, 1 or more.
        ///   - drain: Whether to return when nothing is left to do now.
        ///   - retry: When to try again.
        ///   - stallTimeout: A request that makes no progress for so long is cut.
        ///   - gracePeriod: How long requests in flight may go on at graceful shutdown.
        ///   - credentials: What `provider:NAME` stands for in destinations, by name.
        ///   - logger: Where to log; the default drops everything.
        public init(
            concurrency: Int = 4,
            drain: Bool = false,
            retry: RetryPolicy = .init(),
            stallTimeout: Duration = .seconds(60),
            gracePeriod: Duration = .seconds(10),
            credentials: [String: CredentialProvider] = [:],
            logger: Logger = Logger(label: "uploads", factory: { _ in SwiftLogNoOpLogHandler() })
        ) {
            self.concurrency = max(1, concurrency)
            self.drain = drain
            self.retry = retry
            self.stallTimeout = stallTimeout
            self.gracePeriod = gracePeriod
            self.credentials = credentials
            self.logger = logger
        }
    }

    let queue: UploadQueue
    let options: Options

    /// The queue's file, for the log of a service group.
    public var description: String { "UploadProcessor(\(queue.path))" }

    package var surroundings = Surroundings()
    /// What is being sent right now.
    package let monitor = TransferMonitor()

    init(queue: UploadQueue, options: Options) {
        self.queue = queue
        self.options = options
    }

    /// Bytes of an upload that its request in flight handed to the network, beyond ``Upload/offset``.
    ///
    /// The server need not have them; with its answer they are part of the offset, or were lost.
    ///
    /// - Parameter id: The upload.
    /// - Returns: The bytes; nil where this processor does not hold the upload.
    public func bytesInFlight(of id: Upload.ID) -> Int64? { monitor.current.first { $0.id == id }?.sent }

    /// Works the queue until it is drained (if so asked), the service is shut down, or the task is cancelled.
    ///
    /// - Throws: ``UploadQueueError`` when the database fails. Uploads in hand are taken up by the next run.
    public func run() async throws {
        try await UploadQueueError.wrapping {
            let shift = try await WorkShift(
                queue: queue,
                options: options,
                surroundings: surroundings,
                monitor: monitor
            )
            do {
                try await shift.run()
            } catch {
                try? await shift.end()
                throw error
            }
            try await shift.end()
        }
    }
}
