#if os(Linux)
import Foundation
import Testing

/// The server of a storm: a process that is killed, starts again at the same port, and makes other faults each time.
struct StormServer {
    private let commands: QueueCommands
    /// Its uploads and its log.
    let folder: String
    private var terminal: PseudoTerminal
    private(set) var process: Command
    let port: Int

    /// Starts it at any free port.
    init(_ commands: QueueCommands, faults: [String]) async throws {
        self.commands = commands
        folder = commands.folder["server"]
        (process, terminal) = try Self.start(commands, folder, port: 0, faults)
        let written = await terminal.text { $0.contains("}") }
        let urls = try #require(QueueCommands.json(String(written.prefix { !$0.isNewline })) as? [String: Any])
        port = try #require((urls["tus"] as? String).flatMap(URL.init)?.port)
    }

    var origin: String { "http://127.0.0.1:\(port)" }

    /// Kills it, and starts it again.
    mutating func restart(faults: [String]) async throws {
        process.signal(SIGKILL)
        #expect(try await process.wait().killed)
        (process, terminal) = try Self.start(commands, folder, port: port, faults)
        _ = await terminal.text { $0.contains("}") }
    }

    private static func start(
        _ commands: QueueCommands,
        _ folder: String,
        port: Int,
        _ faults: [String]
    ) throws -> (Command, PseudoTerminal) {
        let terminal = try PseudoTerminal(columns: 500)
        let words = ["serve", "--json", "--port", "\(port)", "--directory", folder]
        let command = try Command(
            words + faults.flatMap { ["--fault", $0] },
            in: commands.folder,
            terminal: terminal
        )
        return (command, terminal)
    }
}
#endif
