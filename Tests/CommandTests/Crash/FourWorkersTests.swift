import DevelopmentServer
import Foundation
import Synchronization
import Testing
import Uploads

/// Four commands work one file at the same time, and each of them is killed again and again.
///
/// `UPLOAD_QUEUE_SCALE=full`: 4,000 uploads, 30 kills; in the long proof 20,000 and 100. Else the same test runs smaller.
/// `UPLOAD_QUEUE_SEED` repeats the choices of a run that failed.
@Suite(.serialized) struct FourWorkersTests {
    private static let isFull = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SCALE"] == "full"
    private static let uploads = RandomKillTests.Scale.isLong ? 20_000 : isFull ? 4_000 : 400
    private static let kills = RandomKillTests.Scale.isLong ? 100 : isFull ? 30 : 6
    private static let workers = 4
    /// Uploads that all workers together may hold for the destination `few`.
    private static let few = 5

    @Test func everyUploadIsDoneOnceByOneOfThem() async throws {
        let seed =
            ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0...UInt64(UInt32.max))
        var random = SeededGenerator(state: seed)
        let commands = try QueueCommands()
        let requests = Mutex(0)
        let (progress, moved) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let onRequest: @Sendable (RequestRecord) -> Void = { _ in
            requests.withLock { $0 += 1 }
            moved.yield()
        }
        let configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        try await withDevelopmentServer(configuration, onRequest: onRequest) { server in
            let sources = try await Self.fill(commands, server, &random)
            var steps = progress.makeAsyncIterator()
            var crew: [(name: String, command: Command)] = []
            var deaths: [Death] = []
            for number in 0..<Self.workers { crew.append(try Self.start(number, commands) { moved.yield() }) }
            // The last part of the work is left to those that live.
            let stride = sources.count * 2 / (Self.kills + 2)
            while deaths.count < Self.kills {
                let goal = requests.withLock(\.self) + Int.random(in: 1...(2 * stride), using: &random)
                while requests.withLock(\.self) < goal && crew.contains(where: \.command.isRunning) {
                    await steps.next()
                }
                guard crew.allSatisfy(\.command.isRunning) else { break }
                let index = Int.random(in: crew.indices, using: &random)
                // Not to wait for something, but to hit any moment and not only those right after an answer.
                try await Task.sleep(for: .microseconds(Int.random(in: 0...20_000, using: &random)))
                deaths.append(try await Self.kill(crew[index], commands, server))
                crew[index] = try Self.start(Self.workers + deaths.count - 1, commands) { moved.yield() }
            }
            for (name, command) in crew {
                let ending = try await command.wait()
                #expect(ending.status == 0 && !ending.killed, "\(name), seed \(seed): \(ending.errors)")
            }
            // At the small scale other tests may delay this one until the workers have ended.
            #expect(!deaths.isEmpty || !Self.isFull)
            let audit = CrewAudit(
                database: commands.database,
                serverFolder: commands.folder["server"],
                records: server.requests(),
                deaths: deaths,
                seed: seed
            )
            try await audit.check(sources: sources, few: Self.few)
            let takeovers = try await audit.takeovers()
            print(
                "proof: four workers, seed \(seed): \(sources.count) uploads, \(deaths.count) kills, "
                    + "\(server.requests().count) requests; \(takeovers.count) takeovers, the slowest after "
                    + "\(takeovers.first ?? 0) ms, the median after \(takeovers.isEmpty ? 0 : takeovers[takeovers.count / 2]) ms"
            )
        }
    }

    /// Saves destinations of three kinds and adds uploads to each, in batches and with priorities; returns the sources.
    private static func fill(
        _ commands: QueueCommands,
        _ server: RunningServer,
        _ random: inout SeededGenerator
    ) async throws -> [String] {
        let header = "X-Request-ID: env:WORKER"
        try await commands.output("destination", "add", "many", "--tus", server.endpoint, "--header", header)
        try await commands.output(
            "destination",
            "add",
            "few",
            "--tus",
            server.endpoint,
            "--header",
            header,
            "--concurrency",
            "\(few)"
        )
        try commands.write("media.json", try mediaConfiguration(server))
        try await commands.output("destination", "add", "media", "--file", commands.folder["media.json"])
        let parts = [
            ("many", "", 0), ("many", "night", 0), ("few", "night", 5), ("few", "day", -5), ("media", "day", 0),
            ("media", "", 10),
        ]
        var sources: [String] = []
        for (number, part) in parts.enumerated() {
            let name = "part-\(number)"
            try FileManager.default.createDirectory(atPath: commands.folder[name], withIntermediateDirectories: false)
            // The part of the destination that takes few at a time is small, for the others not to wait for it.
            let count = part.0 == "few" ? uploads / 20 : uploads * 9 / 40
            for file in 0..<count {
                let bytes = Int.random(in: 1...4_000, using: &random)
                sources.append(
                    try commands.folder.write("\(name)/\(file).jpg", bytes: bytes + 8, seed: UInt64(sources.count + 1))
                )
            }
            let words = ["add", "--recursive", commands.folder[name], "--to", part.0, "--priority=\(part.2)"]
            let batch = part.1.isEmpty ? [] : ["--batch", part.1]
            let ending = try await Command.run(words + batch, in: commands.folder, environment: commands.environment)
            try #require(ending.status == 0, "\(ending.errors)")
            #expect(ending.lines.count == count)
        }
        for batch in ["night", "day"] { try await commands.output("batch", "close", batch) }
        return sources
    }

    /// Wix, as the queue knows it, but as many mints as wanted, and an endpoint whose requests name their worker.
    private static func mediaConfiguration(_ server: RunningServer) throws -> String {
        let wix = try Destination.wix("media", owner: .site("S"), apiKey: "env:WIX_API_KEY", api: server.origin)
        let endpoint = "\(server.origin)/upload/tus"
        return try #require(wix.configuration?.json)
            .replacing(#""perMinute":120"#, with: #""perMinute":1000000"#)
            .replacing(#""endpoint":"$.uploadUrl","#, with: "")
            .replacing("{mint.endpoint}", with: endpoint)
            .replacing(
                #""version":1"#,
                with: #""version":1,"endpoint":"\#(endpoint)","headers":{"X-Request-ID":"env:WORKER"}"#
            )
    }

    private static func start(
        _ number: Int,
        _ commands: QueueCommands,
        onEnd: @escaping @Sendable () -> Void
    ) throws -> (name: String, command: Command) {
        let name = "worker-\(number)"
        let environment = commands.environment.merging(["WORKER": name, "WIX_API_KEY": "IST.rehearsal"]) { $1 }
        let words = ["run", "--drain", "--concurrency", "6"]
        return (name, try Command(words, in: commands.folder, environment: environment, onEnd: onEnd))
    }

    private static func kill(
        _ victim: (name: String, command: Command),
        _ commands: QueueCommands,
        _ server: RunningServer
    ) async throws -> Death {
        let row = try await commands.sql("SELECT id FROM worker WHERE pid = \(victim.command.pid)")
        let position = server.requests().last?.sequence ?? 0
        let time = Date()
        victim.command.signal(SIGKILL)
        #expect(try await victim.command.wait().killed)
        return Death(name: victim.name, workerID: row.first, position: position, time: time)
    }
}

/// A worker that was killed.
struct Death {
    /// What its requests call it.
    var name: String
    /// Its id in the queue; nil where it had none yet.
    var workerID: String?
    /// The last place of the server's log right before.
    var position: Int
    /// Right before.
    var time: Date
}

/// SplitMix64: the same numbers from the same seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

extension QueueCommands {
    /// Runs statements in the sqlite3 shell, which may write.
    @discardableResult
    func sql(_ text: String) async throws -> [String] {
        try await SQLiteShell.run("PRAGMA wal_autocheckpoint = 0;\n\(text)", on: database, readOnly: false)
            .dropFirst().map(\.self)
    }
}
