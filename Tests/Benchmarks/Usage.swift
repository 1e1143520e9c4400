import Foundation
import SystemPackage

/// What a client took.
struct Usage: Encodable, Equatable {
    /// From its start to its end.
    var wallSeconds: Double
    /// User and system time.
    var cpuSeconds: Double
    /// Resident memory at its largest.
    var peakBytes: Double
    /// Requests that the server answered.
    var requests = 0.0

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - arguments: Its name and its arguments.
    ///   - folder: Where what it writes is kept.
    ///   - step: What its files are called.
    /// - Returns: What it took, and what it wrote to standard output.
    /// - Throws: ``BenchmarkError``, when it does not end well.
    static func of(_ arguments: [String], in folder: URL, step: String) throws -> (Usage, output: String) {
        let memory = folder.appending(path: "\(step).memory")
        let output = folder.appending(path: "\(step).out")
        let errors = folder.appending(path: "\(step).err")
        let files = try [output, errors].map { file in
            try FileDescriptor.open(
                FilePath(file.path),
                .writeOnly,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: .ownerReadWrite
            )
        }
        defer { for file in files { try? file.close() } }
        let input = try FileDescriptor.open("/dev/null", .readOnly, options: .closeOnExec)
        defer { try? input.close() }
        let start = ContinuousClock.now
        let ending = try Interruption.running {
            // On Linux a new program's ru_maxrss is at least that of the program that started it, which is larger here
            // than curl is. GNU time is small.
            try ChildProcess(
                ["time", "-f", "%M", "-o", memory.path] + arguments,
                input: input,
                output: files[0],
                errors: files[1]
            )
        }
        let wall = (ContinuousClock.now - start) / .seconds(1)
        guard ending.status == 0 else {
            let said = try [output, errors].map { try String(contentsOf: $0, encoding: .utf8).suffix(2_000) }
            throw BenchmarkError.failed("\(arguments[0]) (\(step)) ended with \(ending.status):\n\(said.joined())")
        }
        let report = try String(contentsOf: memory, encoding: .utf8)
        guard let kibibytes = report.split(separator: "\n").last.flatMap({ Double($0) }) else {
            throw BenchmarkError.failed("`time -f %M` gave no number for \(arguments[0])")
        }
        let usage = Usage(
            wallSeconds: wall,
            cpuSeconds: ending.cpuSeconds,
            peakBytes: kibibytes * 1_024
        )
        return (usage, try String(contentsOf: output, encoding: .utf8))
    }

    /// What processes took that ran one after the other.
    static func + (one: Usage, other: Usage) -> Usage {
        Usage(
            wallSeconds: one.wallSeconds + other.wallSeconds,
            cpuSeconds: one.cpuSeconds + other.cpuSeconds,
            peakBytes: max(one.peakBytes, other.peakBytes),
            requests: one.requests + other.requests
        )
    }

    /// The median of each figure.
    static func median(_ runs: [Usage]) -> Usage {
        Usage(
            wallSeconds: runs.map(\.wallSeconds).median,
            cpuSeconds: runs.map(\.cpuSeconds).median,
            peakBytes: runs.map(\.peakBytes).median,
            requests: runs.map(\.requests).median
        )
    }

    /// Each figure as a multiple of another's.
    static func / (one: Usage, other: Usage) -> Usage {
        Usage(
            wallSeconds: one.wallSeconds / other.wallSeconds,
            cpuSeconds: one.cpuSeconds / other.cpuSeconds,
            peakBytes: one.peakBytes / other.peakBytes,
            requests: one.requests / other.requests
        )
    }
}

extension [Double] {
    /// The middle one; of an even number, the mean of the two in the middle.
    var median: Double {
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}
