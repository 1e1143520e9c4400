import Foundation
import Testing

/// The commands of one queue, in a folder and a home of their own.
struct QueueCommands {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder["home"], withIntermediateDirectories: false)
    }

    /// The file that every command is told by its environment.
    var database: String { folder["queue.db"] }

    /// Runs a command to its end.
    func run(
        _ arguments: String...,
        environment: [String: String] = [:],
        input: String? = nil
    ) async throws -> Command.Ending {
        try await Command.run(
            arguments,
            in: folder,
            environment: self.environment.merging(environment) { $1 },
            input: input
        )
    }

    /// Adds files that are too many to write down.
    func add(_ files: [String], _ options: String...) async throws -> Command.Ending {
        try await Command.run(["add"] + options + files, in: folder, environment: environment)
    }

    /// Starts a command.
    func start(_ arguments: String...) throws -> Command {
        try Command(arguments, in: folder, environment: environment)
    }

    /// Starts a command on a terminal.
    func start(
        _ arguments: String...,
        on terminal: PseudoTerminal,
        environment: [String: String] = [:]
    ) throws -> Command {
        let usual = ["TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "NO_COLOR": ""]
        let environment = self.environment.merging(usual) { $1 }.merging(environment) { $1 }
        return try Command(arguments, in: folder, environment: environment, terminal: terminal)
    }

    /// Runs a command that must succeed, and returns what it printed.
    @discardableResult
    func output(
        _ arguments: String...,
        environment: [String: String] = [:],
        input: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let environment = self.environment.merging(environment) { $1 }
        let ending = try await Command.run(arguments, in: folder, environment: environment, input: input)
        try #require(ending.status == 0, "\(arguments): \(ending.errors)", sourceLocation: sourceLocation)
        return ending.output
    }

    /// Runs a command that must succeed, and returns the JSON object that it printed.
    func object(
        _ arguments: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [String: Any] {
        let ending = try await Command.run(arguments, in: folder, environment: environment)
        return try #require(Self.json(ending.output) as? [String: Any], sourceLocation: sourceLocation)
    }

    /// Runs a command, and returns the JSON array of objects that it printed.
    func array(
        _ arguments: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [[String: Any]] {
        let ending = try await Command.run(arguments, in: folder, environment: environment)
        return try #require(Self.json(ending.output) as? [[String: Any]], sourceLocation: sourceLocation)
    }

    /// What JSON text says; nil when it is none.
    static func json(_ text: String) -> Any? { try? JSONSerialization.jsonObject(with: Data(text.utf8)) }

    /// Writes a small file and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String = "some bytes\n") throws -> String {
        try Data(text.utf8).write(to: URL(filePath: folder[name]))
        return folder[name]
    }

    var environment: [String: String] {
        ["HOME": folder["home"], "XDG_STATE_HOME": "", "UPLOAD_QUEUE_DATABASE": database]
    }
}
