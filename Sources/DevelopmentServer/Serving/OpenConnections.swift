import NIOCore
import Synchronization

/// The connections that are open now.
final class OpenConnections: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    /// A handler that belongs into a new connection's pipeline.
    func handler() -> some RemovableChannelHandler {
        ConnectionHandler(self)
    }

    /// Closes all, whatever they are doing.
    func closeAll() {
        for channel in channels.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    }

    fileprivate func add(_ channel: any Channel) {
        channels.withLock { $0[ObjectIdentifier(channel)] = channel }
    }

    fileprivate func remove(_ channel: any Channel) {
        _ = channels.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }
}

/// Keeps the list, and changes settings that Hummingbird leaves alone.
private final class ConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let connections: OpenConnections

    init(_ connections: OpenConnections) {
        self.connections = connections
    }

    func handlerAdded(context: ChannelHandlerContext) {
        connections.add(context.channel)
        let options = context.channel.syncOptions
        // Larger reads are fewer hops between threads and larger writes: a fourth of the processor time.
        let allocator = AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 65_536, maximum: 1_048_576)
        try? options?.setOption(.recvAllocator, value: allocator)
        // A client that closed its side has given up: without this the connection stays half open.
        try? options?.setOption(.allowRemoteHalfClosure, value: false)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        connections.remove(context.channel)
    }
}
