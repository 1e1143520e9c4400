import Dispatch

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A TCP connection that can be cut at any byte, which no HTTP client does on request.
struct RawConnection: Sendable {
    struct SystemError: Error {
        let code: CInt
    }

    private let socket: CInt

    /// Connects to a port of this machine.
    static func open(port: Int) async throws -> RawConnection {
        try await blocking {
            #if canImport(Glibc)
            let kind = CInt(SOCK_STREAM.rawValue)
            #else
            let kind = SOCK_STREAM
            #endif
            let descriptor = socketOpen(kind)
            guard descriptor >= 0 else { throw SystemError(code: errno) }
            var bound = timeval(tv_sec: 300, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &bound, socklen_t(MemoryLayout<timeval>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(UInt16(port).bigEndian)
            address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard connected == 0 else {
                let code = errno
                systemClose(descriptor)
                throw SystemError(code: code)
            }
            return RawConnection(socket: descriptor)
        }
    }

    /// Sends a request's head, and then as much of its body as is given.
    func send(_ head: [String], _ body: [UInt8] = []) async throws {
        let bytes = Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
        try await Self.blocking {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { systemSend(socket, $0) }
                guard count > 0 else { throw SystemError(code: errno) }
                sent += count
            }
        }
    }

    /// Everything that comes until the server closes the connection; at most five minutes without a byte.
    func receiveAll() async throws -> String {
        try await Self.blocking {
            var received: [UInt8] = []
            var space = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(socket, &space, space.count, 0)
                if count == 0 || (count < 0 && errno == ECONNRESET) {
                    return String(decoding: received, as: UTF8.self)
                }
                guard count > 0 else { throw SystemError(code: errno) }
                received += space[..<count]
            }
        }
    }

    func close() {
        systemClose(socket)
    }

    /// Away from the threads that the server under test runs on.
    private static func blocking<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: work)) }
        }
    }
}

// C functions whose names the methods above hide.
private func socketOpen(_ kind: CInt) -> CInt { socket(AF_INET, kind, 0) }

private func systemClose(_ descriptor: CInt) { close(descriptor) }

private func systemSend(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Darwin)
    send(descriptor, bytes.baseAddress, bytes.count, 0)
    #else
    send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
    #endif
}
