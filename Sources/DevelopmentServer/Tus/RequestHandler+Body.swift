import Hummingbird
import NIOCore
import SystemPackage

import struct SystemPackage.FileDescriptor

/// How the receiving of a body ended.
private enum BodyEnd {
    case complete
    case clientGone
    case faultReached
    case tooLong
}

/// How much of a body to store, and where to stop.
private struct BodyPlan {
    /// Bytes that still fit into the upload.
    let room: Int64
    /// Bytes to store at most; the rest is read and thrown away.
    var keep: Int64
    /// Stored bytes after which nothing more is read; nil to read to the end.
    var stop: Int64?

    init(room: Int64, _ effect: Fault.Effect?) {
        self.room = room
        keep = room
        switch effect {
        case .acceptOnly(let bytes): keep = min(room, bytes)
        case .cut(let bytes), .stall(let bytes):
            keep = min(room, bytes)
            stop = bytes
        default: break
        }
    }
}

extension RequestHandler {
    /// Streams the request's body into the upload, and makes it durable however the body ends.
    ///
    /// - Returns: false when there is nobody left to answer, or a fault forbids it.
    func store(_ exchange: inout Exchange, _ upload: StoredUpload, at offset: Int64) async throws -> Bool {
        let effect = exchange.fault?.effect
        let plan = BodyPlan(room: upload.length - offset, effect)
        let file = try await FileWork.run { try folder.openBytes(of: upload.id, .writeOnly) }
        let end: BodyEnd
        do {
            end = try await receive(&exchange, into: file, at: offset, plan)
            try await FileWork.run { try file.synchronize() }
        } catch {
            try? file.close()
            throw error
        }
        try await FileWork.run { try file.close() }
        exchange.record.offsetAfter = offset + exchange.record.bytesStored

        if case .stall = effect, end != .clientGone {
            await waitUntilClosed(exchange.channel, upTo: Self.stallBound)
            return false
        }
        if case .cut = effect { return false }
        switch end {
        case .complete: return true
        case .clientGone, .faultReached: return false
        case .tooLong: throw Rejection(.badRequest, "the body is longer than the upload: what fits was stored")
        }
    }

    private func receive(
        _ exchange: inout Exchange,
        into file: FileDescriptor,
        at offset: Int64,
        _ plan: BodyPlan
    ) async throws -> BodyEnd {
        guard exchange.bodyState == .untouched else { return .complete }
        exchange.bodyState = .partly
        var body = exchange.request.body.makeAsyncIterator()
        while plan.stop.map({ exchange.record.bytesStored < $0 }) ?? true {
            let next: ByteBuffer?
            do {
                next = try await body.next()
            } catch {
                return .clientGone
            }
            guard let buffer = next else {
                if let declared = exchange.declaredLength, exchange.record.bytesReceived < declared {
                    return .clientGone
                }
                exchange.bodyState = .consumed
                return .complete
            }
            exchange.record.bytesReceived += Int64(buffer.readableBytes)
            let stored = exchange.record.bytesStored
            let count = min(Int64(buffer.readableBytes), plan.keep - stored)
            if count > 0, let slice = buffer.getSlice(at: buffer.readerIndex, length: Int(count)) {
                let position = offset + stored
                try await FileWork.run { try file.write(slice, at: position) }
                exchange.record.bytesStored += count
            }
            if exchange.record.bytesReceived > plan.room { return .tooLong }
        }
        return .faultReached
    }
}

extension FileDescriptor {
    fileprivate func write(_ buffer: ByteBuffer, at offset: Int64) throws {
        _ = try buffer.withUnsafeReadableBytes { try writeAll(toAbsoluteOffset: offset, $0) }
    }
}
