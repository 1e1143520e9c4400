import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

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

    private let process = Process()
    private let ended: AsyncStream<Void>
    private let files: (output: URL, errors: URL)

    /// Starts the command; its output goes to files, so that a full pipe never stops it.
    init(
        _ arguments: [String],
        in folder: TemporaryFolder,
        environment: [String: String] = [:],
        input: String? = nil,
        onEnd: @escaping @Sendable () -> Void = {}
    ) throws {
        let name = UUID().uuidString
        files = (URL(filePath: folder["\(name).out"]), URL(filePath: folder["\(name).err"]))
        for file in [files.output, files.errors] { try Data().write(to: file) }
        process.executableURL = URL(filePath: UploadQueueBinary.path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = URL(filePath: folder.path)
        process.standardOutput = try FileHandle(forWritingTo: files.output)
        process.standardError = try FileHandle(forWritingTo: files.errors)
        if let input {
            let file = URL(filePath: folder["\(name).in"])
            try Data(input.utf8).write(to: file)
            process.standardInput = try FileHandle(forReadingFrom: file)
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        // Waiting must not block a thread: the server that the command talks to runs on the same few.
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        self.ended = ended
        process.terminationHandler = { _ in
            end.finish()
            onEnd()
        }
        try process.run()
    }

    var pid: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    func signal(_ signal: Int32) { kill(pid, signal) }

    /// Waits for the end.
    func wait() async throws -> Ending {
        for await _ in ended {}
        return Ending(
            status: process.terminationStatus,
            killed: process.terminationReason == .uncaughtSignal,
            output: String(decoding: try Data(contentsOf: files.output), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: files.errors), as: UTF8.self)
        )
    }

    /// The most memory that the running process ever had in use, in KiB; nil once it ended.
    var peakMemory: Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
        else { return nil }
        return line.split(separator: " ").compactMap { Int($0) }.first
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
