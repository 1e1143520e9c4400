internal import AsyncHTTPClient
internal import NIOCore
internal import NIOPosix
internal import SystemPackage
internal import UploadStore

/// The body of one request, streamed with one piece of a file in hand at a time.
struct FileBody {
    /// Bytes of a piece.
    private static let piece: Int64 = 1 << 20

    let body: HTTPClient.Body?
    private let handle: NIOFileHandle?

    init(body: HTTPClient.Body?, handle: NIOFileHandle?) {
        self.body = body
        self.handle = handle
    }

    /// A body of a file's range.
    ///
    /// Where the connection encrypts, the bytes pass through memory; else the kernel sends them from the file.
    init(_ file: SourceFile, range: Range<Int64>, secure: Bool) throws {
        let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: try file.descriptor.duplicate().rawValue)
        self.handle = handle
        let count = range.upperBound - range.lowerBound
        body = .stream(contentLength: count) { writer in
            let read: Reader = secure ? Self.reader(handle) : Self.region(handle, of: file)
            return Self.write(range, with: writer, read: read)
        }
    }

    /// Gives the file back; call it after the request ended.
    func close() { try? handle?.close() }

    private typealias Reader = @Sendable (Range<Int64>, any EventLoop) -> EventLoopFuture<IOData>

    private static func region(_ handle: NIOFileHandle, of file: SourceFile) -> Reader {
        { range, loop in
            // Past the end of a file the kernel sends nothing, for ever.
            guard let length = try? file.identity().length, length >= range.upperBound else {
                return loop.makeFailedFuture(SourceTooShort())
            }
            let region = FileRegion(
                fileHandle: handle,
                readerIndex: Int(range.lowerBound),
                endIndex: Int(range.upperBound)
            )
            return loop.makeSucceededFuture(.fileRegion(region))
        }
    }

    private static func reader(_ handle: NIOFileHandle) -> Reader {
        let files = NonBlockingFileIO(threadPool: .singleton)
        return { range, loop in
            files.read(
                fileHandle: handle,
                fromOffset: range.lowerBound,
                byteCount: Int(range.upperBound - range.lowerBound),
                allocator: ByteBufferAllocator(),
                eventLoop: loop
            ).flatMapThrowing { buffer in
                guard buffer.readableBytes == range.upperBound - range.lowerBound else { throw SourceTooShort() }
                return .byteBuffer(buffer)
            }
        }
    }

    private struct SourceTooShort: Error {}

    /// Writes piece after piece, each after the one before was taken, without recursion on the stack.
    private static func write(
        _ range: Range<Int64>,
        with writer: HTTPClient.Body.StreamWriter,
        read: @escaping Reader
    ) -> EventLoopFuture<Void> {
        writer.write(.byteBuffer(ByteBuffer())).flatMapWithEventLoop { _, loop in
            let done = loop.makePromise(of: Void.self)
            @Sendable func next(_ offset: Int64) {
                guard offset < range.upperBound else {
                    done.succeed(())
                    return
                }
                let end = min(offset + piece, range.upperBound)
                read(offset..<end, loop).flatMap { writer.write($0) }.hop(to: loop).whenComplete { result in
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
