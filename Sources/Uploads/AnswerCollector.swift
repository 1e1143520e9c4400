internal import AsyncHTTPClient
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization
internal import Tus

/// Collects the answer to one request, and watches that the request moves.
///
/// The client by itself waits for ever in two cases: for a server that stops reading (its time for writing runs only
/// while there is room to write), and after a refusal that came before the body was sent (it waits for the body, which
/// is of no use any more).
final class AnswerCollector: HTTPClientResponseDelegate {
    /// The answer is larger than anything that is read.
    struct TooLarge: Error {}
    /// The server refused the request before it was sent; its answer is there.
    struct AnsweredEarly: Error {}

    private struct State {
        var answer: Answer?
        var isHeadSent = false
        var isSent = false
        /// Grows with everything that is sent, and with the head of the answer.
        ///
        /// Not with its body, which is small: a server that sends it byte by byte would hold the upload for ever.
        var progress = 0
        /// The progress at the last look of the watch.
        var seen = 0
    }

    /// How long the rest of an early answer may take where it does not tell its length.
    private static let restOfAnswer = TimeAmount.seconds(1)

    private let largest: Int
    private let onSent: @Sendable (Int) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - largest: Bytes of the answer's body; more is a failure.
    ///   - onSent: Told the bytes of each piece of the request's body that was handed to the network.
    init(largest: Int, onSent: @escaping @Sendable (Int) -> Void) {
        self.largest = largest
        self.onSent = onSent
    }

    /// What came so far, nil before its head.
    var answer: Answer? { state.withLock(\.answer) }

    /// Whether the request's head was written to a connection.
    var isHeadSent: Bool { state.withLock(\.isHeadSent) }

    /// Fails a request once nothing moved for a time, measured in steps of that time, until the result is cancelled.
    ///
    /// By a timer of the event loop, which forgets what is cancelled; a cancelled `Task.sleep` stays in memory until its
    /// time is over, one for each request of the last minute.
    func cutWhenStalled(_ task: HTTPClient.Task<Answer>, after stall: TimeAmount) -> RepeatedTask {
        state.withLock { $0.seen = $0.progress }
        return task.eventLoop.scheduleRepeatedTask(initialDelay: stall, delay: stall) { [self] _ in
            let isStalled = state.withLock { state in
                defer { state.seen = state.progress }
                return state.progress == state.seen
            }
            if isStalled { task.fail(reason: HTTPClientError.writeTimeout) }
        }
    }

    func didSendRequestHead(task: HTTPClient.Task<Answer>, _ head: HTTPRequestHead) {
        state.withLock { $0.isHeadSent = true }
    }

    func didSendRequestPart(task: HTTPClient.Task<Answer>, _ part: IOData) {
        state.withLock { $0.progress += 1 }
        onSent(part.readableBytes)
    }

    func didSendRequest(task: HTTPClient.Task<Answer>) {
        state.withLock {
            $0.isSent = true
            $0.progress += 1
        }
    }

    func didReceiveHead(task: HTTPClient.Task<Answer>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        var fields = HTTPFields()
        for (name, value) in head.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        let answer = Answer(status: Int(head.status.code), fields: fields)
        state.withLock {
            $0.answer = answer
            $0.progress += 1
        }
        endEarly(task)
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Answer>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let fits = state.withLock { state in
            state.answer?.body += part.readableBytesView
            return state.answer?.body.count ?? 0 <= largest
        }
        guard fits else { return task.eventLoop.makeFailedFuture(TooLarge()) }
        endEarly(task)
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Answer>) throws -> Answer {
        guard let answer else { throw HTTPClientError.remoteConnectionClosed }
        return answer
    }

    /// Ends a request whose body is still being sent although the server has refused it.
    private func endEarly(_ task: HTTPClient.Task<Answer>) {
        let (answer, isSent) = state.withLock { ($0.answer, $0.isSent) }
        guard !isSent, let answer, answer.status >= 300 else { return }
        let length = answer.fields[.contentLength].flatMap { Int($0) }
        let isWhole = length.map { answer.body.count >= $0 } ?? false
        // Later, not within: the client is in the middle of handing out what came.
        task.eventLoop.scheduleTask(in: isWhole ? .zero : Self.restOfAnswer) { task.fail(reason: AnsweredEarly()) }
    }
}
