import Foundation
import SystemPackage
import UploadStore
import Uploads

/// Takes the times of one queue.
struct RowsMeasurement {
    let path: String
    let runs: Int
    /// Seconds; 0: not.
    let idle: Int
    /// The command's path.
    let command: String

    /// Milliseconds, and for `run` seconds of CPU, each with what took them.
    func figures() async throws -> [(name: String, value: Double)] {
        var figures: [(name: String, value: Double)] = []
        figures.append(("open", try await median { try await UploadQueue.open(path) }))
        let queue = try await UploadQueue.open(path)
        try await measure(queue, &figures)
        let file = URL(filePath: path).deletingLastPathComponent().appending(path: "file.bin").path
        try Data("some bytes\n".utf8).write(to: URL(filePath: file))
        let commands = [["add", file, "--to", "archive"], ["status"], ["list", "--limit", "50"], ["show", "1000"]]
        for words in commands {
            let name = "`upload-queue \(words.filter { $0 != file }.joined(separator: " "))`"
            figures.append((name, try await median(of: min(runs, 11)) { _ = try run(words, for: nil) }))
        }
        if idle > 0 {
            for name in ["archive", "other"] { try await queue.pause(.destination(name)) }
            figures.append(("`upload-queue run`, CPU s", try run(["run"], for: .seconds(idle)).cpuSeconds))
        }
        return figures
    }

    private func measure(_ queue: UploadQueue, _ figures: inout [(name: String, value: Double)]) async throws {
        let store = queue.store
        let date = Date()
        let (now, soon) = (Timestamp.text(date), Timestamp.text(date.addingTimeInterval(60)))
        let horizon = Timestamp.text(date.addingTimeInterval(30 * 86_400))
        let upload = NewUpload(
            sourcePath: "/data/incoming/one.tif",
            destination: "other",
            identity: SourceIdentity(length: 1, modified: 1, changed: 1, inode: 1, device: 1, bootID: "none")
        )
        figures.append(("add one", try await median { try await store.add([upload]) }))
        let worker = try await store.startWorker()
        let turns = Turns()
        var claims: [Claim] = []
        let claiming = try await median {
            claims += try await store.claim(
                for: worker,
                limit: 1,
                suspects: .none,
                turns: turns,
                now: now,
                horizon: horizon
            ).map(\.claim)
        }
        guard claims.count == runs else { throw BenchmarkError.failed("only \(claims.count) uploads were claimed") }
        figures.append(("claim one", claiming))
        let claim = claims[0]
        figures.append(
            (
                "try later",
                try await median {
                    try await store.tryLater(claims.removeLast(), at: soon, code: "server_error", message: "503")
                }
            )
        )
        guard claims.isEmpty else { throw BenchmarkError.failed("upload \(claim.uploadID) is still held") }
        try await store.stopWorker(worker)
        figures.append(("hasDue", try await median { try await store.hasDue(now: now, horizon: horizon) }))
        figures.append(("nextDue", try await median { try await store.nextDue(after: now) }))
        let drained = try await median {
            try await store.isDrained(now: now, soon: soon, horizon: horizon, attempts: 3)
        }
        figures.append(("isDrained", drained))
        try await queue.pause(.destination("archive"))
        try await queue.pause(.destination("other"))
        figures.append(("hasDue, nothing is", try await median { try await store.hasDue(now: now, horizon: horizon) }))
        let paused = try await median {
            try await store.isDrained(now: now, soon: soon, horizon: horizon, attempts: 3)
        }
        figures.append(("isDrained, it is", paused))
        try await queue.resume(.destination("archive"))
        try await queue.resume(.destination("other"))
        figures.append(("waiting", try await median { try await store.waiting(now: now) }))
        figures.append(("errorCounts", try await median { try await queue.errorCounts(limit: 20) }))
        figures.append(("recentFailures", try await median { try await queue.recentFailures(limit: 10) }))
        figures.append(("summary", try await median { try await store.summary() }))
        figures.append(("list 50", try await median { try await queue.uploads(matching: .init(limit: 50)) }))
        let few = UploadQueue.Filter(statuses: [.failed, .processing, .completed], limit: 50)
        figures.append(("list 50 of others", try await median { try await queue.uploads(matching: few) }))
        figures.append(("history of one", try await median { try await queue.events(of: 1_000) }))
    }

    private func median<Value>(of runs: Int? = nil, _ body: () async throws -> Value) async throws -> Double {
        var times: [Double] = []
        for _ in 0..<(runs ?? self.runs) {
            let start = ContinuousClock.now
            _ = try await body()
            times.append((ContinuousClock.now - start) / .milliseconds(1))
        }
        return times.median
    }

    /// Runs the command to its end, or for a time.
    private func run(_ words: [String], for time: Duration?) throws -> ChildProcess.Ending {
        let null = try FileDescriptor.open("/dev/null", .readWrite, options: .closeOnExec)
        defer { try? null.close() }
        let process = try ChildProcess(
            [command] + words + ["--database", path],
            input: null,
            output: null,
            errors: null
        )
        if let time {
            Thread.sleep(forTimeInterval: time / .seconds(1))
            kill(process.pid, SIGTERM)
        }
        let ending = process.wait()
        guard ending.status == 0 else {
            throw BenchmarkError.failed("upload-queue \(words.joined(separator: " ")) ended with \(ending.status)")
        }
        return ending
    }
}
