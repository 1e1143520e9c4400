internal import AsyncHTTPClient
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization
internal import Tus

/// Collects the answer to one request, and keeps it where the client loses it.
final class AnswerCollector: HTTPClientResponseDelegate {
    /// The answer is larger than anything that is read.
    struct TooLarge: Error {}

    private let largest: Int
    private let state = Mutex<Answer?>(nil)

    /// - Parameter largest: Bytes of the body; more is a failure.
    init(largest: Int) {
        self.largest = largest
    }

    /// What came so far, nil before its head.
    var answer: Answer? { state.withLock(\.self) }

    func didReceiveHead(task: HTTPClient.Task<Answer>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        var fields = HTTPFields()
        for (name, value) in head.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        let answer = Answer(status: Int(head.status.code), fields: fields)
        state.withLock { $0 = answer }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Answer>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let fits = state.withLock { answer in
            answer?.body += part.readableBytesView
            return answer?.body.count ?? 0 <= largest
        }
        return fits ? task.eventLoop.makeSucceededVoidFuture() : task.eventLoop.makeFailedFuture(TooLarge())
    }

    func didFinishRequest(task: HTTPClient.Task<Answer>) throws -> Answer {
        guard let answer else { throw HTTPClientError.remoteConnectionClosed }
        return answer
    }
}
