import DevelopmentServer
import Foundation
import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The development server, in a process of its own and on a new folder.
struct ServerProcess {
    /// Where uploads are created.
    let endpoint: String
    private let directory: URL
    private let process: ChildProcess
    /// It serves as long as this is open.
    private let input: FileDescriptor

    /// Starts it.
    ///
    /// - Parameters:
    ///   - program: This program.
    ///   - directory: Its folder, which it makes.
    /// - Throws: ``BenchmarkError``, when it ends at once.
    init(program: String, directory: URL) throws {
        let (childInput, input) = try FileDescriptor.pipe()
        let (output, childOutput) = try FileDescriptor.pipe()
        defer { for end in [childInput, output, childOutput] { try? end.close() } }
        // No client may hold it open.
        for end in [childInput, input, output, childOutput] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
        let process = try ChildProcess([program, "serve", directory.path], input: childInput, output: childOutput)
        try childOutput.close()
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n") {
            var byte: UInt8 = 0
            guard try withUnsafeMutableBytes(of: &byte, { try output.read(into: $0) }) == 1 else {
                throw BenchmarkError.failed("the server did not start: it ended with \(process.wait().status)")
            }
            line.append(byte)
        }
        endpoint = String(decoding: line.dropLast(), as: UTF8.self)
        self.directory = directory
        self.process = process
        self.input = input
    }

    /// Ends it.
    func stop() throws {
        try input.close()
        let status = process.wait().status
        guard status == 0 else { throw BenchmarkError.failed("the server ended with \(status)") }
    }

    /// How many requests it answered.
    func requests() throws -> Int {
        let log = try Data(contentsOf: directory.appending(path: "requests.jsonl"))
        let records = try log.split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(RequestRecord.self, from: Data($0))
        }
        return records.count { $0.status != nil }
    }

    /// The files that hold what was uploaded.
    func storedFiles() throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "bin" }
    }
}
