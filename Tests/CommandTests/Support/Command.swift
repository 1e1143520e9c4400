import Foundation

/// One run of the command as a child process.
final class Command: Sendable {
    struct Ending {
        /// The exit status, or the signal's number when `killed`.
        var status: Int32
        var killed: Bool
        var output: String
        var errors: String

        /// The lines of the output that are not empty.
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    private let process: ChildProcess
    private let files: (input: String, output: String, errors: String)

    /// Starts the command; its output goes to files, so that a full pipe never stops it, or to a terminal.
    ///
    /// Where the tests are root's they can start it as any other user.
    init(
        _ arguments: [String],
        in folder: TemporaryFolder,
        environment: [String: String] = [:],
        input: String? = nil,
        user: uid_t? = nil,
        terminal: PseudoTerminal? = nil,
        onEnd: @escaping @Sendable () -> Void = {}
    ) throws {
        let name = UUID().uuidString
        let results = (folder["\(name).out"], folder["\(name).err"])
        files = (input == nil ? "/dev/null" : folder["\(name).in"], results.0, results.1)
        if let input { try Data(input.utf8).write(to: URL(filePath: files.input)) }
        let identity = user.map { ["setpriv", "--reuid=\($0)", "--regid=\($0)", "--clear-groups"] } ?? []
        process = try ChildProcess(
            identity + [UploadQueueBinary.path] + arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            folder: folder.path,
            files: terminal.map { ($0.path, $0.path, $0.path) } ?? files,
            onEnd: onEnd
        )
    }

    var pid: Int32 { process.pid }
    var isRunning: Bool { process.isRunning }

    func signal(_ signal: Int32) { process.signal(signal) }

    /// Waits for the end.
    func wait() async throws -> Ending {
        let (status, killed) = await process.wait()
        return Ending(
            status: status,
            killed: killed,
            output: try Self.text(files.output),
            errors: try Self.text(files.errors)
        )
    }

    /// What was written to a file; nothing where a terminal got it.
    private static func text(_ path: String) throws -> String {
        guard FileManager.default.fileExists(atPath: path) else { return "" }
        return String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    /// The most memory that the running process ever had in use, in KiB; nil once it ended.
    ///
    /// Without the pages of its own program, of which a debug build has more with every line of code.
    var peakMemory: Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return nil }
        func value(_ name: String) -> Int? {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
            return line?.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first
        }
        guard let peak = value("VmHWM:"), let program = value("RssFile:") else { return nil }
        return peak - program
    }

    /// Runs the command to its end.
    static func run(
        _ arguments: [String],
        in folder: TemporaryFolder,
        environment: [String: String] = [:],
        input: String? = nil
    ) async throws -> Ending {
        try await Command(arguments, in: folder, environment: environment, input: input).wait()
    }
}
