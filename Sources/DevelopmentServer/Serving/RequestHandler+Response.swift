import HTTPTypes
import Hummingbird
import NIOCore
import SystemPackage

import struct SystemPackage.FileDescriptor

/// Ends a connection after its answer was written.
private struct ConnectionOver: Error {}

extension RequestHandler {
    /// Bytes of a refused body that are read and thrown away, so that the client gets to read the answer.
    private static let drainBound: Int64 = 16 << 20
    /// Bytes of a download that are read at a time.
    private static let downloadChunk = 1 << 20

    /// The answer as it is written, with what has to happen to the rest of the request's body.
    func response(_ outcome: Outcome, _ exchange: Exchange) async -> Response {
        guard case .reply(var reply) = outcome else {
            try? await exchange.channel.close()
            // Cannot be written any more; the failure to do so ends the connection's task.
            return Response(status: .internalServerError)
        }
        let isHead = exchange.request.method == .head
        if case .file(let path, let size) = reply.body, !isHead {
            return Response(status: reply.status, headers: reply.headers, body: Self.download(path, size))
        }
        let content = isHead ? ByteBuffer() : Self.content(of: &reply)
        switch exchange.bodyState {
        case .consumed:
            return Response(status: reply.status, headers: reply.headers, body: ResponseBody(byteBuffer: content))
        case .untouched:
            if exchange.declaredLength.map({ $0 > Self.drainBound }) ?? true { reply.headers[.connection] = "close" }
            let body = exchange.request.body
            return Self.response(reply, content) { try await Self.drain(body) }
        case .partly:
            reply.headers[.connection] = "close"
            return Self.response(reply, content) { throw ConnectionOver() }
        }
    }

    private static func content(of reply: inout Reply) -> ByteBuffer {
        switch reply.body {
        case .text(let text):
            reply.headers[.contentType] = "text/plain; charset=utf-8"
            return ByteBuffer(string: text)
        case .bytes(let bytes):
            reply.headers[.contentType] = "application/json"
            return ByteBuffer(bytes: bytes)
        case .none, .file:
            return ByteBuffer()
        }
    }

    private static func response(
        _ reply: Reply,
        _ content: ByteBuffer,
        then finish: @escaping @Sendable () async throws -> Void
    ) -> Response {
        let body = ResponseBody(contentLength: content.readableBytes) { writer in
            if content.readableBytes > 0 { try await writer.write(content) }
            try await writer.finish(nil)
            try await finish()
        }
        return Response(status: reply.status, headers: reply.headers, body: body)
    }

    private static func drain(_ body: RequestBody) async throws {
        var drained: Int64 = 0
        for try await buffer in body {
            drained += Int64(buffer.readableBytes)
            guard drained <= drainBound else { throw ConnectionOver() }
        }
    }

    private static func download(_ path: FilePath, _ size: Int64) -> ResponseBody {
        ResponseBody(contentLength: Int(size)) { writer in
            let file = try await FileWork.run {
                try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            }
            do {
                var position: Int64 = 0
                while position < size {
                    let start = position
                    let count = Int(min(Int64(downloadChunk), size - position))
                    let buffer = try await FileWork.run { try read(file, from: start, count) }
                    guard buffer.readableBytes > 0 else { throw ConnectionOver() }
                    position += Int64(buffer.readableBytes)
                    try await writer.write(buffer)
                }
                try await writer.finish(nil)
            } catch {
                try? file.close()
                throw error
            }
            try file.close()
        }
    }

    private static func read(_ file: FileDescriptor, from offset: Int64, _ count: Int) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            try file.read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(rebasing: space[..<count]))
        }
        return buffer
    }
}
