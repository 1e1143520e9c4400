import Foundation
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A terminal for a command under test; it keeps every byte that was written to it (pty(7)).
final class PseudoTerminal: Sendable {
    struct Failed: Error {
        var call: String
        var code = errno
    }

    /// The path by which a program opens it.
    let path: String
    private let master: Int32
    /// Held open, since a terminal that nobody has open ends for its reader.
    private let slave: Int32
    private let written = Mutex<[UInt8]>([])
    private let changes: AsyncStream<Void>

    init(columns: Int, lines: Int = 24) throws {
        var (master, slave): (Int32, Int32) = (0, 0)
        guard openpty(&master, &slave, nil, nil, nil) == 0 else { throw Failed(call: "openpty") }
        // Programs that other tests start must not hold it open.
        for descriptor in [master, slave] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var name = [CChar](repeating: 0, count: 128)
        let code = ttyname_r(slave, &name, name.count)
        guard code == 0 else { throw Failed(call: "ttyname_r", code: code) }
        path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        self.master = master
        self.slave = slave
        let (changes, change) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.changes = changes
        try resize(columns: columns, lines: lines)
        Thread.detachNewThread { [master, weak self] in
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(master, &buffer, buffer.count)
                guard count > 0 else { break }
                self?.written.withLock { $0 += buffer.prefix(count) }
                change.yield()
            }
            close(master)
            change.finish()
        }
    }

    deinit { close(slave) }

    /// What was written so far.
    var text: String { String(decoding: written.withLock(\.self), as: UTF8.self) }

    /// Changes the size, as a person who drags the window does.
    func resize(columns: Int, lines: Int = 24) throws {
        var size = winsize()
        size.ws_col = UInt16(columns)
        size.ws_row = UInt16(lines)
        guard ioctl(master, UInt(TIOCSWINSZ), &size) == 0 else { throw Failed(call: "ioctl") }
    }

    /// Types, as a person does.
    func type(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard write(master, bytes, bytes.count) == bytes.count else { throw Failed(call: "write") }
    }

    /// How it treats what is typed and what is written (termios(3)): flags of input, output, control and local modes.
    func modes() throws -> [UInt] {
        var modes = termios()
        guard tcgetattr(slave, &modes) == 0 else { throw Failed(call: "tcgetattr") }
        return [modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag].map { UInt($0) }
    }

    /// Waits until what was written fulfils a condition, and returns what fulfilled it.
    func text(where condition: (String) -> Bool) async -> String {
        var seen = text
        if condition(seen) { return seen }
        for await _ in changes {
            seen = text
            if condition(seen) { break }
        }
        return seen
    }
}
