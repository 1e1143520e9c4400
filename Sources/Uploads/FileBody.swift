internal import AsyncHTTPClient
internal import NIOCore
internal import NIOPosix

/// The body of one request, streamed with one piece of a file in hand at a time.
///
/// The pieces pass through memory. The kernel could send them from the file, but it sends nothing, for ever, where the
/// file became shorter meanwhile, and the event loop would spin on that.
enum FileBody {
    /// Bytes of a piece.
    private static let piece: Int64 = 256 << 10

    /// A body of a file's range; the file stays open until the last piece was read.
    static func stream(_ file: SourceFile, range: Range<Int64>) -> HTTPClient.Body {
        .stream(contentLength: range.upperBound - range.lowerBound) { writer in
            write(range, of: file, with: writer)
        }
    }

    /// Writes piece after piece, each after the one before was taken, without recursion on the stack.
    private static func write(
        _ range: Range<Int64>,
        of file: SourceFile,
        with writer: HTTPClient.Body.StreamWriter
    ) -> EventLoopFuture<Void> {
        writer.write(.byteBuffer(ByteBuffer())).flatMapWithEventLoop { _, loop in
            let done = loop.makePromise(of: Void.self)
            @Sendable func next(_ offset: Int64) {
                guard offset < range.upperBound else {
                    done.succeed(())
                    return
                }
                let end = min(offset + piece, range.upperBound)
                // A cold file blocks its reader, which must not be the event loop.
                let read = NIOThreadPool.singleton.runIfActive(eventLoop: loop) { try file.read(offset..<end) }
                read.flatMap { writer.write(.byteBuffer($0)) }.hop(to: loop).whenComplete { result in
                    switch result {
                    case .success: loop.execute { next(end) }
                    case .failure(let error): done.fail(error)
                    }
                }
            }
            next(range.lowerBound)
            return done.futureResult
        }
    }
}
