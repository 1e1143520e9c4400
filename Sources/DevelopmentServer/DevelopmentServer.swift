import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle
import SystemPackage

/// A tus 1.0 server and Wix stand-in on this machine, with faults on request: for `upload-queue serve`, demo and tests.
///
/// It speaks tus at `/files/`; Wix's mint at `/site-media/v1/files/generate-resumable-upload-url`, its tus endpoint and
/// finalize at `/upload/tus`, and its file query at `/site-media/v1/files/get-file-by-id`; and stands in for Bunny
/// Stream, Cloudflare Stream, Supabase Storage, Transloadit and Vimeo below `/bunny` and so on. What it acknowledged
/// survives its own `kill -9`. One server per directory.
package struct DevelopmentServer: Service, Sendable {
    /// Where it listens and keeps its files, and what it does wrong.
    package struct Configuration: Sendable {
        /// A loopback address or `localhost`; default `127.0.0.1`.
        package var host = "127.0.0.1"
        /// The port; 0, the default, for any free one.
        package var port = 0
        /// The folder of uploads, grants and the request log; created when missing.
        package var directory: String
        /// Bytes of one upload at most (`Tus-Max-Size`); default nil, no bound.
        package var maximumSize: Int64?
        /// Time from an upload's creation to its expiry; default nil, never.
        package var expiresAfter: Duration?
        /// Time from a token's mint to its expiry; default 7 days.
        package var tokenLifetime = Duration.seconds(7 * 86_400)
        /// Time that a request waits for another one of the same upload before 423; default 30 seconds.
        package var lockWait = Duration.seconds(30)
        /// Faults in force from the start.
        package var faults: [Fault] = []

        /// A configuration with the defaults.
        ///
        /// - Parameter directory: the folder of uploads, grants and the request log.
        package init(directory: String) {
            self.directory = directory
        }
    }

    /// Time that requests get to end in after a graceful shutdown was asked for.
    private static let shutdownBound = Duration.seconds(5)
    /// Time after which a connection without any traffic is closed.
    private static let idleBound = TimeAmount.minutes(10)

    /// What it was made with.
    package let configuration: Configuration
    private let logger: Logger
    private let onRequest: @Sendable (RequestRecord) -> Void
    private let faults: FaultPlan
    private let log = RequestLog()
    private let listening = ListeningPort()
    private let connections = OpenConnections()

    /// A server that does nothing yet: see ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: where it listens and keeps its files, and what it does wrong.
    ///   - logger: where it says what goes wrong against its will.
    ///   - onRequest: called with every record, in no particular order, right before the request is answered.
    package init(
        configuration: Configuration,
        logger: Logger,
        onRequest: @escaping @Sendable (RequestRecord) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onRequest = onRequest
        faults = FaultPlan(configuration.faults)
    }

    /// Serves until graceful shutdown (pending requests then have 5 seconds) or cancellation (they are cut).
    ///
    /// - Throws: when the host is not a loopback one, the directory cannot be used or the port is taken.
    package func run() async throws {
        do {
            try await serve()
            listening.fail(Stopped())
        } catch {
            listening.fail(error)
            throw error
        }
    }

    /// Waits until connections are accepted.
    ///
    /// - Returns: the port.
    /// - Throws: what ``run()`` threw, or `CancellationError`.
    package func waitUntilListening() async throws -> Int {
        try await listening.value()
    }

    /// Adds a fault, after those in force.
    ///
    /// - Parameter fault: the fault.
    package func addFault(_ fault: Fault) {
        faults.add(fault)
    }

    /// Removes all faults.
    package func removeFaults() {
        faults.removeAll()
    }

    /// The finished requests, oldest first, with those of earlier servers on the directory; the last 100,000.
    ///
    /// - Returns: the records.
    package func requests() -> [RequestRecord] {
        log.records
    }

    /// The server's way to answer, for mints without HTTP.
    var handler: RequestHandler {
        RequestHandler(
            configuration: configuration,
            folder: UploadFolder(directory: FilePath(configuration.directory)),
            faults: faults,
            log: log,
            onRequest: onRequest,
            logger: logger
        )
    }

    private func serve() async throws {
        guard Self.isLoopback(configuration.host) else {
            throw NotLoopback(host: configuration.host)
        }
        let handler = handler
        try await FileWork.run {
            try handler.folder.prepare()
            try log.open(handler.folder.requestLog)
        }
        do {
            try await serve(application(handler))
        } catch {
            try? log.close()
            guard let reason = error as? IOError else { throw error }
            throw CannotListen(
                host: configuration.host,
                port: configuration.port,
                reason: Errno(rawValue: reason.errnoCode)
            )
        }
        try log.close()
    }

    private func serve(_ application: some Service) async throws {
        var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
        configuration.maximumGracefulShutdownDuration = Self.shutdownBound
        let group = ServiceGroup(configuration: configuration)
        // NIO traps when a server is cancelled that has accepted a connection and not yet looked at it. So
        // cancellation does not reach it: it becomes a graceful shutdown without patience.
        let work = Task { try await group.run() }
        try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            Task {
                await group.triggerGracefulShutdown()
                connections.closeAll()
            }
        }
    }

    private func application(_ handler: RequestHandler) -> some Service {
        Application(
            responder: CallbackResponder { (request: Request, context: Connection) in
                await handler.respond(to: request, channel: context.channel)
            },
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [connections.handler()],
                    idleTimeout: Self.idleBound
                )
            ),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "upload-queue-development-server"
            ),
            onServerRunning: { [listening] channel in
                listening.succeed(channel.localAddress?.port ?? 0)
            },
            logger: logger
        )
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }
}

extension DevelopmentServer {
    /// The server has ended, so it does not listen.
    package struct Stopped: Error, CustomStringConvertible {
        /// What happened.
        package var description: String { "the development server has stopped" }
    }

    /// The address is taken, or may not be used.
    package struct CannotListen: Error, CustomStringConvertible {
        /// The host that was asked for.
        package let host: String
        /// The port that was asked for.
        package let port: Int
        let reason: Errno

        /// What happened and what to do.
        package var description: String {
            "cannot listen on \(host):\(port): \(reason); choose another port"
        }
    }

    /// The server is asked to be reachable from elsewhere; it has no protection against that.
    package struct NotLoopback: Error, CustomStringConvertible {
        /// The host that was asked for.
        package let host: String
        /// What happened.
        package var description: String {
            "the development server listens on this machine only: '\(host)' is no loopback address, use 127.0.0.1"
        }
    }

    private struct Connection: InitializableFromSource {
        let channel: any Channel

        init(source: ApplicationRequestContextSource) {
            channel = source.channel
        }
    }
}
