#if os(Linux)
import DevelopmentServer
import Foundation
import Synchronization
import Testing

/// A worker is stopped, another one takes its upload over, and the first one wakes up.
///
/// The kernel holds a worker's lock as long as it lives, so that nobody takes over from it; here its file was removed.
@Suite(.timeLimit(.minutes(5))) struct LostClaimTests {
    private static let (first, second) = ("first", "second")

    @Test func aWorkerThatLostItsUploadSendsNothing() async throws {
        let requests = try await requestsAfterTheLoss(preloading: nil)
        #expect(requests == 0)
        print("proof: requests of a worker that lost its upload: \(requests)")
    }

    /// Without the check of the claim in each write the first worker goes on: the test sees it.
    @Test func aMissingCheckIsFound() async throws {
        let requests = try await requestsAfterTheLoss(preloading: "unfenced")
        #expect(requests > 0)
        print("proof: requests of a worker that lost its upload, without the check of its claim: \(requests) are found")
    }

    /// How many requests the first worker sends after it woke up; all that come, or one.
    private func requestsAfterTheLoss(preloading library: String?) async throws -> Int {
        let commands = try QueueCommands()
        let source = try commands.folder.write("file", bytes: 1 << 20, seed: 3)
        var environment = commands.environment
        if let library {
            environment["LD_PRELOAD"] = try await PreloadedLibrary.build(library, linking: "dl", in: commands.folder)
        }
        let awake = Mutex<[String: Command]>([:])
        let (progress, moved) = AsyncStream.makeStream(of: Void.self)
        let onRequest: @Sendable (RequestRecord) -> Void = { record in
            // Each worker is stopped at its first bytes, right before it is answered.
            if record.step == .transfer, let name = record.requestID {
                awake.withLock { $0.removeValue(forKey: name)?.signal(SIGSTOP) }
            }
            moved.yield()
        }
        let configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        return try await withDevelopmentServer(configuration, onRequest: onRequest) { server in
            try await commands.output(
                "destination",
                "add",
                "here",
                "--tus",
                server.endpoint,
                "--chunk-size",
                "16KiB",
                "--header",
                "X-Request-ID: env:WORKER"
            )
            try await commands.output("add", source, "--to", "here")
            var steps = progress.makeAsyncIterator()
            var crew: [Command] = []
            defer { for worker in crew where worker.isRunning { worker.signal(SIGKILL) } }
            for name in [Self.first, Self.second] {
                let worker = try Command(
                    ["run", "--drain"],
                    in: commands.folder,
                    environment: environment.merging(["WORKER": name]) { $1 },
                    onEnd: { moved.yield() }
                )
                crew.append(worker)
                repeat {
                    worker.signal(SIGCONT)
                    awake.withLock { $0[name] = worker }
                    while awake.withLock({ $0[name] != nil }) && worker.isRunning { await steps.next() }
                    try #require(worker.isRunning)
                    // One that is stopped while it writes keeps everybody from the database.
                } while try await Self.isLocked(commands)
                if name == Self.first { try Self.removeLocks(of: commands) }
            }
            let position = server.requests().last?.sequence ?? 0
            func late() -> Int {
                server.requests().count { $0.requestID == Self.first && ($0.began ?? 0) >= position }
            }
            crew[0].signal(SIGCONT)
            guard library == nil else {
                while crew[0].isRunning && late() == 0 { await steps.next() }
                return late()
            }
            crew[1].signal(SIGCONT)
            for worker in crew { #expect(try await worker.wait().status == 0) }
            try await Audit(
                database: commands.database,
                serverFolder: commands.folder["server"],
                records: server.requests()
            )
            .check(sources: [source])
            return late()
        }
    }

    private static func isLocked(_ commands: QueueCommands) async throws -> Bool {
        let lock = ["sqlite3", "-cmd", ".timeout 200", commands.database, "BEGIN IMMEDIATE; ROLLBACK"]
        return try await ChildProcess.run(lock, in: commands.folder).status != 0
    }

    private static func removeLocks(of commands: QueueCommands) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: commands.folder.path)
        where name.hasPrefix("queue.db.worker-") {
            try FileManager.default.removeItem(atPath: commands.folder[name])
        }
    }
}
#endif
