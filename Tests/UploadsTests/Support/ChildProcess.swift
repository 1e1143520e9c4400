import Foundation
import Testing

/// Programs of this machine, run without blocking a thread.
enum ChildProcess {
    /// Runs a program that is expected to work, and gives the lines that it printed.
    static func output(_ arguments: [String]) async throws -> [String] {
        let result = try await run(arguments)
        try #require(result.status == 0, "\(arguments[0]) ended with \(result.status): \(result.output)")
        return result.output.split(separator: "\n").map(String.init)
    }

    static func run(_ arguments: [String]) async throws -> (status: Int32, output: String) {
        let folder = try TestFolder()
        let file = URL(filePath: folder["output"])
        try Data().write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: file)
        process.standardError = process.standardOutput
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        for await _ in ended {}
        return (process.terminationStatus, String(decoding: try Data(contentsOf: file), as: UTF8.self))
    }
}
