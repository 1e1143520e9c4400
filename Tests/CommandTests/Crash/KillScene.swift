#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// A queue that is made once and put back before each kill, with the uploads that the server has by then.
struct KillScene: Sendable {
    let folder: TemporaryFolder
    let server: RunningServer
    private let library: String

    init(_ folder: TemporaryFolder, _ server: RunningServer) async throws {
        self.folder = folder
        self.server = server
        library = try await KillShim.build(in: folder)
        try FileManager.default.createDirectory(
            atPath: folder["queue"],
            withIntermediateDirectories: false
        )
    }

    var database: String { folder["queue/queue.db"] }

    /// A command that must end with a status.
    func prepare(_ words: [String], status: Int32 = 0) async throws {
        let ending = try await Command.run(words + ["--database", database], in: folder)
        try #require(ending.status == status, "\(words): \(ending.status) \(ending.errors)")
    }

    /// Keeps the queue and the server's uploads as they are now.
    func keep() async throws {
        _ = try await SQLiteShell.run(
            "PRAGMA wal_checkpoint(TRUNCATE)",
            on: database,
            readOnly: false
        )
        try FileManager.default.copyItem(atPath: folder["queue"], toPath: folder["kept"])
        try FileManager.default.createDirectory(
            atPath: folder["uploads"],
            withIntermediateDirectories: false
        )
        for name in uploads {
            try FileManager.default.copyItem(
                atPath: folder["server/\(name)"],
                toPath: folder["uploads/\(name)"]
            )
        }
    }

    /// Puts back what was kept, and takes away what came after it.
    func restore() throws {
        try FileManager.default.removeItem(atPath: folder["queue"])
        try FileManager.default.copyItem(atPath: folder["kept"], toPath: folder["queue"])
        for name in uploads { try FileManager.default.removeItem(atPath: folder["server/\(name)"]) }
        for name in try FileManager.default.contentsOfDirectory(atPath: folder["uploads"]) {
            try FileManager.default.copyItem(
                atPath: folder["uploads/\(name)"],
                toPath: folder["server/\(name)"]
            )
        }
    }

    /// The names of the server's files that hold uploads.
    var uploads: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder["server"])) ?? []
        return names.filter {
            $0.hasSuffix(".bin") || ($0.hasSuffix(".json") && !$0.hasPrefix("grant-"))
        }
    }

    /// Runs the queue, and kills the worker before one of its calls, or never.
    func run(killAt call: Int?, _ words: [String] = []) async throws -> Command.Ending {
        let shim = call.map { KillShim.environment(library: library, killAt: $0) } ?? [:]
        let run = ["run", "--drain", "--database", database] + words
        return try await Command.run(
            run,
            in: folder,
            environment: shim.merging(["WIX_API_KEY": "IST.hunter2"]) { $1 }
        )
    }

    func sql(_ text: String) async throws -> [String] {
        try await SQLiteShell.run(text, on: database)
    }

    /// A tus upload of which the server has a third.
    func makePart(of source: String) async throws {
        try await prepare(["add", source, "--to", server.endpoint])
        server.addFault(Fault(.step(.transfer), .cut(afterBytes: 100_000)))
        server.addFault(Fault(.step(.offset), .status(401)))
        try await prepare(["run", "--drain"], status: 2)
        server.removeFaults()
        #expect(try await sql("SELECT status, pause_reason FROM upload") == ["paused|credentials"])
    }

    /// Kills a first run at one call after the other, until it makes no more of them.
    ///
    /// - Parameters:
    ///   - stride: How many calls are gone on from one kill to the next.
    ///   - words: Options of the run.
    ///   - begin: Called after the queue was put back.
    ///   - check: Called after each first run; it lets the queue recover and looks at what came of it. It is told the
    ///     call, whether the worker was killed, and how many requests there had been before.
    /// - Returns: How many kills there were.
    /// - Throws: What the closures throw.
    func kill(
        stride: Int,
        _ words: [String] = [],
        begin: () async throws -> Void = {},
        check: (_ call: Int, _ isKilled: Bool, _ before: Int) async throws -> Void
    ) async throws -> Int {
        // More calls than any run makes.
        let mostCalls = 5_000
        var kills = 0
        for call in Swift.stride(from: 1, through: mostCalls, by: stride) {
            try restore()
            try await begin()
            let before = server.requests().count
            let first = try await run(killAt: call, words)
            #expect(first.killed || first.status == 0, "at call \(call): \(first.errors)")
            try await check(call, first.killed, before)
            if !first.killed { return kills }
            kills += 1
        }
        Issue.record("the run never ended by itself")
        return kills
    }
}
#endif
