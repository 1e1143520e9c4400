#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// Workers and their server are killed again and again, while the server cuts, forgets and lies, and the clocks jump.
///
/// `UPLOAD_QUEUE_SCALE=full`: 1,000 uploads, 60 kills of workers and 15 of the server. Without it the same test runs
/// smaller. `UPLOAD_QUEUE_SEED` repeats the choices of a run that failed.
@Suite(.timeLimit(.minutes(20))) struct StormTests {
    private static let isFull = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SCALE"] == "full"
    private static let plain = isFull ? 900 : 30
    private static let minted = isFull ? 100 : 6
    private static let kills = isFull ? 75 : 8
    private static let workers = 3
    /// More rounds than it takes until nothing waits for a retry any more.
    private static let rounds = 60
    /// How many faults and kills at one upload can stop it: the host's token works once, so that a retry is safe.
    private static let known: Set = [
        "poison", "refused", "grant_expired", "malformed_answer", "finalize_outcome_unknown",
    ]

    @Test func everythingArrivesOnce() async throws {
        let seed =
            ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0...UInt64(UInt32.max))
        var random = SeededGenerator(state: seed)
        let commands = try QueueCommands()
        var server = try await StormServer(commands, faults: Self.faults(&random))
        defer { server.process.signal(SIGKILL) }
        let sources = try await Self.fill(commands, server.origin, &random)
        let clock = try await PreloadedLibrary.build("clock", linking: "dl", in: commands.folder)
        var crew = try (0..<Self.workers).map { _ in try Self.start(commands, clock, Self.jumps(&random)) }
        defer { for worker in crew where worker.isRunning { worker.signal(SIGKILL) } }
        for kill in 1...Self.kills {
            // Not to wait for something, but to hit any moment.
            try await Task.sleep(for: .microseconds(Int.random(in: 0...700_000, using: &random)))
            if kill % 5 == 0 {
                try await server.restart(faults: Self.faults(&random))
            } else {
                let index = Int.random(in: crew.indices, using: &random)
                crew[index].signal(SIGKILL)
                _ = try await crew[index].wait()
                crew[index] = try Self.start(commands, clock, Self.jumps(&random))
            }
        }
        try await server.restart(faults: [])
        for worker in crew { _ = try await worker.wait() }
        try await Self.finish(commands, seed)
        let (lost, doubled) = try await Self.check(commands, server, sources)
        #expect(lost.isEmpty && doubled.isEmpty, "seed \(seed): lost \(lost), doubled \(doubled)")
        print(
            "proof: storm, seed \(seed): \(sources.count) uploads, \(Self.kills) kills, "
                + "\(lost.count) lost, \(doubled.count) doubled"
        )
    }

    /// What the server does beside its duty, to some of the first requests of each kind.
    private static func faults(_ random: inout SeededGenerator) -> [String] {
        let effects: [(String, [String])] = [
            ("create", ["cut=0", "cut-after-processing", "status=500"]),
            ("offset", ["cut=0", "status=423", "status=502", "lose=2000"]),
            ("transfer", ["cut=1000", "cut-after-processing", "accept-only=5000", "status=500"]),
            ("finalize", ["cut-after-processing", "status=500"]),
            ("mint", ["cut-after-processing", "status=500"]),
        ]
        return effects.flatMap { step, effects in
            (0..<3).compactMap { _ in
                effects.randomElement(using: &random).map {
                    "\(step):\($0):nth=\(Int.random(in: 1...20, using: &random))"
                }
            }
        }
    }

    private static func fill(
        _ commands: QueueCommands,
        _ origin: String,
        _ random: inout SeededGenerator
    ) async throws -> [String] {
        try await commands.output("destination", "add", "archive", "--tus", "\(origin)/files/")
        let wix = ["destination", "add", "media", "--wix", "--site-id", "S", "--api-key", "env:WIX_API_KEY"]
        let added = try await Command.run(
            wix + ["--api", origin],
            in: commands.folder,
            environment: commands.environment
        )
        try #require(added.status == 0, "\(added.errors)")
        var sources: [String] = []
        for (destination, count) in [("archive", plain), ("media", minted)] {
            let folder = commands.folder[destination]
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            for file in 0..<count {
                // Some need several requests.
                let bytes = file % 10 == 0 ? 3_000_000 : Int.random(in: 1...40_000, using: &random)
                let name = "\(destination)/\(file).jpg"
                sources.append(try commands.folder.write(name, bytes: bytes + 8, seed: UInt64(sources.count + 1)))
            }
            let added = try await commands.output("add", "--recursive", folder, "--to", destination)
            #expect(added.split(separator: "\n").count == count)
        }
        return sources
    }

    /// What a worker's wall clock jumps by: seconds, which delay a retry as long, or more than any retry waits.
    private static func jumps(_ random: inout SeededGenerator) -> String {
        let all = [[86_400, -86_400, 400_000_000, -400_000_000]] + Array(repeating: [0, 2, -2, 400_000_000], count: 3)
        return all.compactMap { $0.randomElement(using: &random) }.map(String.init).joined(separator: " ")
    }

    private static func start(_ commands: QueueCommands, _ clock: String = "", _ jumps: String = "") throws -> Command {
        let environment = commands.environment.merging([
            "WIX_API_KEY": "IST.rehearsal", "LD_PRELOAD": clock, "UPLOAD_QUEUE_CLOCK": jumps,
        ]) { $1 }
        return try Command(["run", "--drain", "--concurrency", "4"], in: commands.folder, environment: environment)
    }

    /// Runs the queue until all is completed; what many kills or faults at one upload stopped is taken up again, as a
    /// person does.
    private static func finish(_ commands: QueueCommands, _ seed: UInt64) async throws {
        for _ in 1...rounds {
            let codes = try await commands.sql("SELECT DISTINCT last_error_code FROM upload WHERE status = 'failed'")
            guard known.isSuperset(of: codes) else { break }
            if !codes.isEmpty { try await commands.output("retry", "--all") }
            if try await commands.sql("SELECT count(*) FROM upload WHERE status <> 'completed'") == ["0"] { return }
            _ = try await start(commands).wait()
        }
        let left = try await commands.sql(
            "SELECT id, status, phase, last_error FROM upload WHERE status <> 'completed'"
        )
        Issue.record("seed \(seed): \(left)")
    }

    /// What is not at the server, and what is there or was finalized twice.
    private static func check(
        _ commands: QueueCommands,
        _ server: StormServer,
        _ sources: [String]
    ) async throws -> (lost: [String], doubled: [String]) {
        var stored: [String: Int] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: server.folder) where name.hasSuffix(".bin") {
            stored[try Audit.digest("\(server.folder)/\(name)"), default: 0] += 1
        }
        let copies = try sources.map { (path: $0, count: stored[try Audit.digest($0)] ?? 0) }
        let lines = try String(contentsOfFile: "\(server.folder)/requests.jsonl", encoding: .utf8).split(
            separator: "\n"
        )
        let records = try lines.map { try JSONDecoder().decode(RequestRecord.self, from: Data($0.utf8)) }
        let finalizes = Dictionary(grouping: records.filter(\.finalized)) { $0.grant ?? "" }
        // A record is lost where the server was killed right before it.
        #expect(finalizes.count <= minted && finalizes.count >= minted - kills / 5 - 1)
        let rows = try await commands.sql(
            """
            SELECT count(*), count(DISTINCT source_path), sum(upload_token IS NULL), sum(upload_offset = upload_length),
                (SELECT count(*) FROM worker) FROM upload WHERE status = 'completed' AND phase = 'done';
            PRAGMA integrity_check
            """
        )
        let jumps = "SELECT count(*) > 0 FROM upload_event WHERE abs(julianday(at) - julianday('now')) > 0.9"
        #expect(try await commands.sql(jumps) == ["1"], "no clock jumped")
        let count = sources.count
        #expect(rows == ["\(count)|\(count)|\(count)|\(count)|0", "ok"])
        return (
            copies.filter { $0.count == 0 }.map(\.path),
            copies.filter { $0.count > 1 }.map(\.path) + finalizes.filter { $0.value.count > 1 }.keys
        )
    }
}
#endif
