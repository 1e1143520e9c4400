import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Answers requests: applies faults, keeps one request per upload at a time, and logs.
struct RequestHandler: Sendable {
    /// How long a stalled request waits for its client to give up.
    static let stallBound = Duration.seconds(600)

    let configuration: DevelopmentServer.Configuration
    let folder: UploadFolder
    let faults: FaultPlan
    let log: RequestLog
    let onRequest: @Sendable (RequestRecord) -> Void
    let logger: Logger
    let locks = UploadLocks()

    /// Answers one request.
    func respond(to request: Request, channel: any Channel) async -> Response {
        var exchange = Exchange(request, channel: channel, faults: faults)
        exchange.record.began = log.position
        let outcome: Outcome
        do {
            if let key = Self.lockKey(exchange.route) {
                outcome = try await locks.withLock(key, waitingUpTo: configuration.lockWait) {
                    await complete(&exchange)
                }
            } else {
                outcome = await complete(&exchange)
            }
        } catch {
            let busy = Rejection(.locked, "another request of this upload has not ended: ask again later")
            outcome = .reply(busy.reply)
            await note(&exchange, outcome)
        }
        return await response(outcome, exchange)
    }

    /// What must not happen twice at a time; nil for requests that change and promise nothing.
    private static func lockKey(_ route: Route) -> String? {
        switch (route.target, route.step) {
        case (.upload(_, let id), .offset), (.upload(_, let id), .transfer), (.upload(_, let id), .delete): id
        case (.token(let token), _): token.grant.map(grantLock)
        default: nil
        }
    }

    /// The lock that guards a grant's record.
    static func grantLock(_ grant: String) -> String { "grant-\(grant)" }

    /// Processes and logs; both under the lock, so that a request that waited for this one finds it in the log.
    private func complete(_ exchange: inout Exchange) async -> Outcome {
        var outcome: Outcome
        do {
            outcome = try await process(&exchange)
        } catch let rejection as Rejection {
            outcome = .reply(rejection.reply)
        } catch {
            logger.error("request failed", metadata: ["path": "\(exchange.record.path)", "error": "\(error)"])
            outcome = .reply(Rejection(.internalServerError, "the server could not store this: see its log").reply)
        }
        if speaksTus(exchange), case .reply(var reply) = outcome {
            reply.headers[named: "Tus-Resumable"] = "1.0.0"
            outcome = .reply(reply)
        }
        outcome = await spoiled(outcome, exchange)
        await note(&exchange, outcome)
        return outcome
    }

    private func speaksTus(_ exchange: Exchange) -> Bool {
        if case .status = exchange.fault?.effect { return false }
        return switch exchange.route.target {
        case .collection, .upload: true
        case .token, .mint, .file, .standIn, .unknown: false
        }
    }

    // MARK: - Faults

    private func process(_ exchange: inout Exchange) async throws -> Outcome {
        switch exchange.fault?.effect {
        case .status(let code, let text, let headers):
            var reply = Reply(status: HTTPResponse.Status(code: code), body: text.map { .text($0) } ?? .none)
            for (name, value) in headers { reply.headers[named: name] = value }
            return .reply(reply)
        case .cut(let bytes) where bytes == 0 || !exchange.carriesBytes:
            return .hangUp
        case .stall where !exchange.carriesBytes:
            await waitUntilClosed(exchange.channel, upTo: Self.stallBound)
            return .hangUp
        default:
            return try await handle(&exchange)
        }
    }

    private func spoiled(_ outcome: Outcome, _ exchange: Exchange) async -> Outcome {
        guard let effect = exchange.fault?.effect, case .reply(var reply) = outcome else { return outcome }
        switch effect {
        case .statusAfter(let code):
            reply = Reply(status: HTTPResponse.Status(code: code))
        case .cutAfterProcessing:
            return .hangUp
        case .delay(let duration):
            await waitUntilClosed(exchange.channel, upTo: duration)
        case .dropHeader(let name):
            reply.headers[named: name] = nil
        case .setHeader(let name, let value):
            reply.headers[named: name] = value
        case .status, .cut, .acceptOnly, .stall, .loseBytes:
            break
        }
        return .reply(reply)
    }

    /// Waits until the client closes the connection, `bound` passed, or the server stops.
    func waitUntilClosed(_ channel: any Channel, upTo bound: Duration) async {
        // A future does not know of cancellation: what ends this wait is the stream, finished by either.
        let (closed, continuation) = AsyncStream<Void>.makeStream()
        channel.closeFuture.whenComplete { _ in continuation.finish() }
        let timeout = Task {
            try? await Task.sleep(for: bound)
            continuation.finish()
        }
        defer { timeout.cancel() }
        for await _ in closed {}
    }

    // MARK: - Log

    private func note(_ exchange: inout Exchange, _ outcome: Outcome) async {
        if case .reply(let reply) = outcome {
            exchange.record.status = reply.status.code
        } else {
            exchange.record.cut = true
        }
        let record = exchange.record
        do {
            let numbered = try await FileWork.run { try log.append(record) }
            onRequest(numbered)
        } catch {
            logger.error("request could not be logged", metadata: ["error": "\(error)"])
        }
    }
}
