internal import AsyncHTTPClient
internal import Foundation
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import SystemPackage
internal import Tus
internal import UploadStore

/// Sends the wire's requests over HTTP/1.1 and brings back what came of them.
struct Transport: Sendable {
    /// The largest answer that is read; more is a failure.
    static let largestAnswer = 1 << 20

    private let client: HTTPClient
    private let stall: TimeAmount

    /// - Parameters:
    ///   - connections: Connections to one host that are kept at the same time.
    ///   - stall: A request that makes no progress for so long is cut.
    init(connections: Int, stall: Duration) {
        let stall = TimeAmount(stall)
        self.stall = stall
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: stall, write: stall),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        // Its spans would hold whole URLs, which can be secrets; and no trace is told to servers.
        configuration.tracing.tracer = nil
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(8, connections)
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func shutdown() async throws { try await client.shutdown() }

    /// Sends a request and waits for the whole answer.
    ///
    /// A body that is a range of a file comes from the file given; `onSent` is told each piece of it that was handed to
    /// the network.
    ///
    /// - Throws: ``RequestFailure`` when no answer came, `CancellationError` when the task was cancelled.
    func send(
        _ request: Tus.Request,
        file: SourceFile?,
        pace: FileBody.Pace = .init(),
        onSent: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> Answer {
        let collector = AnswerCollector(largest: Self.largestAnswer, onSent: onSent)
        let fileBody = fileBody(of: request, file: file, pace)
        CrashPoint.reach("before the request to \(request.step)")
        defer { CrashPoint.reach("after the answer to \(request.step)") }
        defer { fileBody?.end() }
        do {
            let httpRequest = try HTTPClient.Request(
                url: request.url.absoluteString,
                method: HTTPMethod(rawValue: request.method.rawValue),
                headers: HTTPHeaders(request.fields.map { ($0.name.rawName, $0.value) }),
                body: fileBody?.stream ?? bytes(of: request)
            )
            let running = client.execute(request: httpRequest, delegate: collector, deadline: deadline(of: request))
            let watch = collector.cutWhenStalled(running, after: stall)
            defer { watch.cancel() }
            return try await withTaskCancellationHandler {
                try await running.futureResult.get()
            } onCancel: {
                running.cancel()
            }
        } catch {
            // Where the whole answer came before the body was sent, the client may tell only that nobody wanted it.
            let cameEarly =
                error is AnswerCollector.AnsweredEarly || error as? HTTPClientError == .requestStreamCancelled
            if cameEarly, let answer = collector.answer { return answer }
            try Task.checkCancellation()
            throw RequestFailure(error, isHeadSent: collector.isHeadSent)
        }
    }

    private func fileBody(of request: Tus.Request, file: SourceFile?, _ pace: FileBody.Pace) -> FileBody? {
        guard case .file(let range) = request.body else { return nil }
        guard let file else { preconditionFailure("a request with a file's range needs the file") }
        return FileBody(file, range: range, pace: pace)
    }

    private func bytes(of request: Tus.Request) -> HTTPClient.Body? {
        guard case .bytes(let bytes) = request.body else { return nil }
        return .bytes(bytes)
    }

    /// A file's bytes take as long as they move; anything else ends within twice the time of a stall.
    private func deadline(of request: Tus.Request) -> NIODeadline? {
        switch request.step {
        case .transfer: nil
        // Nothing depends on it, and a shutdown waits for it.
        case .capabilities: .now() + .seconds(5)
        case .mint, .create, .offset, .delete, .finalize, .probe, .confirm: .now() + stall * 2
        }
    }
}

extension RequestFailure {
    /// Says in a few fixed codes why no answer came.
    ///
    /// Once the head is sent, the server may have the whole request: an error of the network comes only after that, as
    /// where a route breaks before the answer.
    init(_ error: any Error, isHeadSent: Bool) {
        let reason = (error as? IOError).map { Errno(rawValue: $0.errnoCode) }
        if let error = error as? HTTPClientError {
            let timeouts: [HTTPClientError] = [
                .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded, .getConnectionFromPoolTimeout,
            ]
            let code = timeouts.contains(error) ? "timeout" : "connection_lost"
            let unsent: [HTTPClientError] = [.connectTimeout, .getConnectionFromPoolTimeout]
            self.init(
                code: code,
                message: "no answer from the server: \(error.shortDescription)",
                wasSent: isHeadSent || !unsent.contains(error)
            )
        } else if error is AnswerCollector.TooLarge {
            self.init(
                code: "answer_too_large",
                message: "the server's answer is larger than \(Transport.largestAnswer) bytes"
            )
        } else if let reason, [.connectionReset, .brokenPipe].contains(reason) {
            self.init(code: "connection_lost", message: "no answer from the server: \(reason)")
        } else if error is HTTPParserError {
            self.init(
                code: "connection_lost",
                message: "what the server answered is no HTTP, or a part of it: \(error)"
            )
        } else if !isHeadSent, let reason = TLSFailure.reason(error) {
            self.init(code: "tls_failed", message: reason, wasSent: false)
        } else {
            let unsent: [Errno] = [.connectionRefused, .noRouteToHost, .networkUnreachable, .addressNotAvailable]
            // Before the handshake is over no request is written.
            let isHandshake = !isHeadSent && TLSFailure.isOne(error)
            self.init(
                code: "connection_failed",
                message: "the server cannot be reached: \(reason?.description ?? "\(error)")",
                wasSent: isHeadSent || !(reason.map(unsent.contains) ?? (error is NIOConnectionError || isHandshake))
            )
        }
    }
}
