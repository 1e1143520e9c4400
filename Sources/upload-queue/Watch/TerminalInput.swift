import Foundation
import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What comes from a terminal and by signals, read in a thread of its own that sleeps while nothing does.
enum TerminalInput {
    enum Event: Sendable {
        case keys([Key])
        case signal(Int32)
        /// Nothing will come any more.
        case ended
    }

    /// Milliseconds after which a lone escape byte is a key; a terminal sends the bytes of a sequence together.
    private static let patience: Int32 = 50

    /// Starts the thread; it ends with the process.
    ///
    /// - Parameter take: Is told what comes, in that thread.
    /// - Throws: `Errno` where there is no pipe for the signals.
    static func start(_ take: @escaping @Sendable (Event) -> Void) throws {
        let signals = try TerminalSignals.start()
        Thread.detachNewThread {
            TerminalSignals.takeHere()
            read(keys: .standardInput, signals: signals, take)
            take(.ended)
        }
    }

    private static func read(keys: FileDescriptor, signals: FileDescriptor, _ take: (Event) -> Void) {
        var parser = KeyParser()
        while true {
            var sources = [keys, signals].map { pollfd(fd: $0.rawValue, events: Int16(POLLIN), revents: 0) }
            let ready = poll(&sources, nfds_t(sources.count), parser.isWaiting ? patience : -1)
            if ready < 0, errno == EINTR { continue }
            guard ready >= 0 else { return }
            if ready == 0 { take(.keys(parser.end())) }
            if sources[1].revents != 0 {
                guard let numbers = bytes(of: signals) else { return }
                for number in numbers { take(.signal(Int32(number))) }
            }
            if sources[0].revents != 0 {
                guard let bytes = bytes(of: keys) else { return }
                let keys = parser.take(bytes)
                if !keys.isEmpty { take(.keys(keys)) }
            }
        }
    }

    /// What is there now; nil at the end.
    private static func bytes(of source: FileDescriptor) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1024)
        guard let count = try? buffer.withUnsafeMutableBytes({ try source.read(into: $0) }), count > 0 else {
            return nil
        }
        return Array(buffer.prefix(count))
    }
}
