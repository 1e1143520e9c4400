import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The terminal of standard input and output while the command has it for itself (termios(3), ECMA-48, xterm's
/// alternate screen).
final class FullScreen {
    /// The alternate screen, no cursor, and no line that takes a second row.
    private static let begin = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J"
    private static let end = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"
    /// What lies between is shown at once, by terminals that know it.
    private static let frame = (begin: "\u{1B}[?2026h", end: "\u{1B}[?2026l")

    /// How the terminal was.
    private let before: termios
    private var isOpen = false
    /// What stands there, for which size.
    private var shown: (lines: [String], columns: Int) = ([], 0)

    /// Notes how the terminal is, and changes nothing.
    init() throws {
        var modes = termios()
        guard tcgetattr(0, &modes) == 0 else { throw Errno(rawValue: errno) }
        before = modes
    }

    /// Takes the terminal; also once more, when another program may have changed it meanwhile.
    ///
    /// In the background it stops the process until that is in the foreground, as the system does with any program.
    func open() throws {
        var modes = before
        modes.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR | IGNCR | ISTRIP)
        modes.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN | ISIG)
        let code = TerminalSignals.unblocking(SIGTTOU) {
            var code = tcsetattr(0, TCSADRAIN, &modes)
            while code != 0, errno == EINTR { code = tcsetattr(0, TCSADRAIN, &modes) }
            return code
        }
        guard code == 0 else { throw Errno(rawValue: errno) }
        isOpen = true
        shown = ([], 0)
        try Output.write(Self.begin)
    }

    /// Gives the terminal back as it was.
    func close() {
        guard isOpen else { return }
        isOpen = false
        // It may be gone.
        try? Output.write(Self.end)
        var modes = before
        while tcsetattr(0, TCSAFLUSH, &modes) != 0, errno == EINTR {}
    }

    /// Shows lines from the top, in one write that has only what differs from what stands there.
    ///
    /// - Parameters:
    ///   - lines: As many as the terminal has, each narrower than it.
    ///   - columns: The columns of the terminal.
    /// - Throws: `Errno` when the terminal is gone.
    func draw(_ lines: [String], columns: Int) throws {
        let isSame = shown.columns == columns && shown.lines.count == lines.count
        var text = isSame ? "" : "\u{1B}[2J"
        for (row, line) in lines.enumerated() where !isSame || shown.lines[row] != line {
            text += "\u{1B}[\(row + 1);1H\(line)\u{1B}[K"
        }
        guard !text.isEmpty else { return }
        shown = (lines, columns)
        try Output.write(Self.frame.begin + text + Self.frame.end)
    }

    /// Forgets what stands there.
    func forget() { shown = ([], 0) }

    /// Gives the terminal back, stops the process, and takes the terminal again when it goes on.
    ///
    /// - Parameter group: Whether to stop the other processes of its job too.
    /// - Throws: `Errno` when the terminal is gone.
    func suspend(group: Bool) throws {
        close()
        TerminalSignals.stop(group: group)
        try open()
    }
}
