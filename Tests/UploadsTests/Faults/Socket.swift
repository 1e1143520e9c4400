#if os(Linux)
import Glibc

/// A TCP socket of this machine whose calls block: what no HTTP library does on request can be done with it.
struct Socket: Sendable {
    struct Failure: Error {
        var code: Int32
    }

    private let descriptor: Int32

    /// A socket that is bound to a port and does not listen yet; connections to it are refused.
    static func bound(to port: UInt16 = 0) throws -> Socket {
        let socket = try Socket(
            descriptor: checked(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0))
        )
        var on: Int32 = 1
        // Several may be bound to a port, and the one that listens gets what comes.
        setsockopt(socket.descriptor, SOL_SOCKET, SO_REUSEPORT, &on, socklen_t(MemoryLayout<Int32>.size))
        try withAddress(port) { _ = try checked(bind(socket.descriptor, $0, $1)) }
        return socket
    }

    static func connected(to port: UInt16) throws -> Socket {
        let socket = try Socket(
            descriptor: checked(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0))
        )
        try withAddress(port) { _ = try checked(connect(socket.descriptor, $0, $1)) }
        return socket
    }

    var port: UInt16 {
        get throws {
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            try withUnsafeMutablePointer(to: &address) { pointer in
                try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = try Self.checked(getsockname(descriptor, $0, &size))
                }
            }
            return UInt16(bigEndian: address.sin_port)
        }
    }

    func listen() throws { _ = try Self.checked(Glibc.listen(descriptor, 64)) }

    /// Ends when the socket stops to listen.
    func accept() -> Socket? {
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { return nil }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        return Socket(descriptor: accepted)
    }

    /// What comes next; nil at the end of the connection.
    func receive() -> [UInt8]? {
        var space = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &space, space.count, 0)
        return count > 0 ? Array(space[..<count]) : nil
    }

    /// Everything until the other side closes.
    func receiveAll() -> [UInt8] {
        var all: [UInt8] = []
        while let more = receive() { all += more }
        return all
    }

    /// False once the other side is gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Whether the other side is gone, within some milliseconds.
    func isGone(within milliseconds: Int32) -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&wanted, 1, milliseconds) > 0 && receive() == nil
    }

    /// No longer listens, which also ends ``accept()``; or ends a connection in both directions.
    func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Nothing more is sent; what comes can still be received.
    func stopSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() { _ = Glibc.close(descriptor) }

    /// Ends a connection by an error (RST) instead of in order (FIN).
    func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    private static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)

    private static func checked(_ result: Int32) throws -> Int32 {
        guard result >= 0 else { throw Failure(code: errno) }
        return result
    }

    private static func withAddress(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Void) throws
    {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        try withUnsafePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
#endif
