import Foundation

/// The programs that are measured, and those that it takes.
struct Tools {
    /// The command beside this program.
    let uploadQueue: String
    /// The interpreter that has tuspy.
    let python: String
    /// This program.
    let itself: String
    /// The versions of the others.
    let versions: [String: String]

    /// Looks for them.
    ///
    /// - Parameter tuspy: The virtual environment that has tuspy.
    /// - Throws: ``BenchmarkError`` with the code 69, when one is missing.
    init(tuspy: String) throws {
        itself = try Self.executable().path
        uploadQueue = try Self.uploadQueue()
        python = URL(filePath: tuspy, directoryHint: .isDirectory).appending(path: "bin/python").path
        versions = [
            "time": try Self.output(
                ["time", "--version"],
                orElse: "GNU time is missing; `apt-get install time` installs it"
            ),
            "curl": try Self.output(["curl", "-V"], orElse: "curl is missing; `apt-get install curl` installs it"),
            "tuspy": try Self.output(
                [python, "-c", "from importlib.metadata import version; print(version('tuspy'))"],
                orElse: "tuspy is missing in \(tuspy); `.ci/tuspy \(tuspy)` installs it"
            ),
        ]
    }

    /// The command beside this program.
    ///
    /// - Throws: ``BenchmarkError`` with the code 69, when it is missing.
    static func uploadQueue() throws -> String {
        let command = try executable().deletingLastPathComponent().appending(path: "upload-queue")
        guard FileManager.default.isExecutableFile(atPath: command.path) else {
            throw BenchmarkError.missing("\(command.path) is missing; `swift build -c release` builds it")
        }
        return command.path
    }

    private static func executable() throws -> URL {
        // On Linux the executable may be started through the search path: the kernel knows it.
        let link = FileManager.default.fileExists(atPath: "/proc/self/exe") ? "/proc/self/exe" : nil
        guard let path = link ?? Bundle.main.executablePath else {
            throw BenchmarkError.missing("the path of this executable is not known")
        }
        return URL(filePath: path).resolvingSymlinksInPath()
    }

    /// The first line that a program writes.
    private static func output(_ arguments: [String], orElse message: String) throws -> String {
        let pipe = Pipe()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchmarkError.missing(message) }
        return String(decoding: output.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
