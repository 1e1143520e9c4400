#if os(Linux)
import Foundation
import Testing

/// A worker that goes on and on needs no more than it needed at first.
///
/// `UPLOAD_QUEUE_SCALE=full`: 100,000 uploads. Without it the same test runs smaller.
@Suite(.timeLimit(.minutes(60))) struct EnduranceTests {
    private static let isFull = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SCALE"] == "full"
    private static let uploads = isFull ? 100_000 : 600
    /// What is worked before the first look: by then every cache is filled.
    private static let first = uploads / 10

    /// What a process holds, as the kernel counts it.
    private struct Holding {
        var kibibytes: Int
        var files: Int

        init(_ pid: Int32) throws {
            let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8).split(separator: "\n")
            let line = try #require(status.first { $0.hasPrefix("RssAnon:") })
            kibibytes = try #require(line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first)
            files = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
        }
    }

    @Test func memoryAndFilesStayAsTheyAre() async throws {
        let commands = try QueueCommands()
        let server = try await StormServer(commands, faults: [])
        defer { server.process.signal(SIGKILL) }
        try await commands.output("destination", "add", "here", "--tus", "\(server.origin)/files/")
        let source = try commands.write("file", String(repeating: "x", count: 100))
        for (batch, count) in [("first", Self.first), ("rest", Self.uploads - Self.first)] {
            let list = String(repeating: source + "\n", count: count)
            try await commands.output("add", "--from-file", "-", "--to", "here", "--batch", batch, input: list)
            try await commands.output("batch", "close", batch)
        }
        try await commands.output("pause", "--batch", "rest")
        let worker = try commands.start("run", "--concurrency", "8")
        defer { worker.signal(SIGKILL) }
        try await commands.output("wait", "--batch", "first")
        let before = try Holding(worker.pid)
        try await commands.output("resume", "--batch", "rest")
        try await commands.output("wait", "--batch", "rest")
        let after = try Holding(worker.pid)
        worker.signal(SIGTERM)
        #expect(try await worker.wait().status == 0)
        #expect(after.files <= before.files + 8, "from \(before) to \(after)")
        // What the allocator keeps of the busiest moment differs a little from run to run.
        #expect(after.kibibytes < before.kibibytes + 8 << 10, "from \(before) to \(after)")
        print(
            "proof: what a worker holds after \(Self.first) uploads and after \(Self.uploads): "
                + "\(before.kibibytes) KiB, \(before.files) open files; "
                + "\(after.kibibytes) KiB, \(after.files) open files"
        )
    }
}
#endif
