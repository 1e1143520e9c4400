internal import AsyncHTTPClient
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The body of one request, streamed with one piece of a file in hand at a time.
///
/// The pieces pass through memory. The kernel could send them from the file, but it sends nothing, for ever, where the
/// file became shorter meanwhile, and the event loop would spin on that.
final class FileBody: Sendable {
    /// The request is over; nobody wants the rest.
    struct Ended: Error {}

    private struct State {
        var file: SourceFile?
        var done: EventLoopPromise<Void>?
    }

    /// How fast the pieces go out.
    struct Pace: Sendable {
        /// Bytes of the next piece.
        var piece: @Sendable () -> Int64 = { Bandwidth.largestPiece }
        /// Seconds to wait before so many bytes are sent.
        var wait: @Sendable (Int64) -> Double = { _ in 0 }
    }

    private let range: Range<Int64>
    private let pace: Pace
    private let state: Mutex<State>

    init(_ file: SourceFile, range: Range<Int64>, pace: Pace) {
        self.range = range
        self.pace = pace
        state = Mutex(State(file: file))
    }

    /// The body for the client.
    var stream: HTTPClient.Body {
        .stream(contentLength: range.upperBound - range.lowerBound) { [self] writer in
            writer.write(.byteBuffer(ByteBuffer())).flatMapWithEventLoop { [self] _, loop in
                let done = loop.makePromise(of: Void.self)
                state.withLock { $0.done = done }
                write(from: range.lowerBound, with: writer, on: loop)
                return done.futureResult
            }
        }
    }

    /// Lets go of the file; call it once the request is over.
    ///
    /// A client that fails a request which waits for a slow server may keep the body for ever, and the file would stay
    /// open with it (seen with AsyncHTTPClient 1.37: it drops the promise that the writer waits for).
    func end() { finish(.failure(Ended())) }

    /// Writes piece after piece, each after the one before was taken, without recursion on the stack.
    private func write(from offset: Int64, with writer: HTTPClient.Body.StreamWriter, on loop: any EventLoop) {
        guard let file = state.withLock(\.file) else { return finish(.failure(Ended())) }
        guard offset < range.upperBound else { return finish(.success(())) }
        let end = min(offset + pace.piece(), range.upperBound)
        let wait = pace.wait(end - offset)
        guard wait > 0 else { return send(offset..<end, from: file, with: writer, on: loop) }
        loop.scheduleTask(in: .nanoseconds(Int64(wait * 1e9))) {
            self.send(offset..<end, from: file, with: writer, on: loop)
        }
    }

    private func send(
        _ piece: Range<Int64>,
        from file: SourceFile,
        with writer: HTTPClient.Body.StreamWriter,
        on loop: any EventLoop
    ) {
        guard state.withLock({ $0.file != nil }) else { return }
        // A cold file blocks its reader, which must not be the event loop.
        let read = NIOThreadPool.singleton.runIfActive(eventLoop: loop) { try file.read(piece) }
        read.flatMap { writer.write(.byteBuffer($0)) }.hop(to: loop).whenComplete { [self] result in
            switch result {
            case .success: loop.execute { self.write(from: piece.upperBound, with: writer, on: loop) }
            case .failure(let error): finish(.failure(error))
            }
        }
    }

    private func finish(_ result: Result<Void, any Error>) {
        let done = state.withLock { state in
            defer { state = State() }
            return state.done
        }
        done?.completeWith(result)
    }
}
