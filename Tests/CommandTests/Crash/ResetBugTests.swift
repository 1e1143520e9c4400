#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

@testable import UploadStore

/// The WAL-reset bug of SQLite before 3.51.3: a checkpoint beside a commit loses what was committed before
/// (https://www.sqlite.org/wal.html, section 11).
@Suite(.serialized, .timeLimit(.minutes(20))) struct ResetBugTests {
    private static let isFull = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SCALE"] == "full"
    /// Rows of each of the processes that write at the same time.
    private static let rows = isFull ? 20_000 : 400
    private static let writers = 3

    @Test func aCheckpointWithoutAGuardLosesRowsWhereSQLiteHasTheBug() async throws {
        let commands = try await Self.queue()
        let shim = try await ResetShim(in: commands.folder)
        // A connection that has not written itself: SQLite looks at the header anew.
        let script = [
            Self.quietly, "ATTACH '\(commands.database)' AS checkpointer;", Self.inserts(60, of: "early"),
            "PRAGMA checkpointer.wal_checkpoint(PASSIVE);", Self.inserts(20, of: "late"),
        ]
        let shell = try await Self.shell(script.joined(separator: "\n"), commands, shim.words)
        let acknowledged = Self.ids(shell.output)
        try #require(shell.status == 0 && acknowledged.count == 80, "\(shell.output)")
        let commits = shim.commits()
        try #require(commits.map(\.outcome) == ["committed"], "the bug's moment was met once")

        let lost = acknowledged.subtracting(try await Self.ids(in: commands)).count
        let engine = Engine(version: commits[0].version, options: [])
        #expect(lost == (engine.hasResetBug ? 20 : 0), "SQLite \(engine.version)")
        let check = try await SQLiteShell.run("PRAGMA integrity_check", on: commands.database).joined(separator: "; ")
        print(
            "proof: rows lost to the WAL-reset bug without the guard: \(lost) of 80 acknowledged "
                + "(SQLite \(engine.version), integrity_check: \(check))"
        )
    }

    @Test func theCommandsCheckpointsAreGuardedAtThatMoment() async throws {
        let commands = try await Self.queue()
        let shim = try await ResetShim(in: commands.folder)
        let environment = commands.environment.merging(shim.environment) { $1 }
        for (folder, count) in [("sent", 100), ("kept", 1_000)] {
            try FileManager.default.createDirectory(atPath: commands.folder[folder], withIntermediateDirectories: false)
            for number in 0..<count { try commands.write("\(folder)/\(number)", "\(folder) \(number)\n") }
        }
        try await withDevelopmentServer(.init(directory: commands.folder["server"])) { server in
            let runs = [
                ["add", "--recursive", "sent", "--to", server.endpoint], ["run", "--drain"],
                [
                    "add", "--recursive", "kept", "--to", "archive", "--metadata",
                    "note=\(String(repeating: "x", count: 2_000))",
                ],
            ]
            var acknowledged: Set<Int> = []
            var met = 0
            for words in runs {
                let ending = try await Command.run(words, in: commands.folder, environment: environment)
                #expect(ending.status == 0, "\(words): \(ending.errors)")
                if words[0] == "add" { acknowledged.formUnion(ending.lines.compactMap { Int($0) }) }
                #expect(shim.commits().count > met || words.contains("sent"), "\(words) made no checkpoint")
                met = shim.commits().count
            }
            let outcomes = Set(shim.commits().map(\.outcome))
            #expect(outcomes == ["busy"], "another connection could not commit")
            let there = try await Self.ids(in: commands)
            #expect(there == acknowledged && there.count == 1_100)
            try await Self.expectWholeHistory(commands)
            let completed = try await SQLiteShell.run(
                "SELECT count(*) FROM upload WHERE status = 'completed'",
                on: commands.database
            )
            #expect(completed == ["100"])
            print(
                "proof: rows lost to the WAL-reset bug with the guard: \(acknowledged.subtracting(there).count) of 1100 "
                    + "acknowledged, in \(met) checkpoints, each met at its weak moment"
            )
        }
    }

    /// The same without help: whatever moments three processes that write meet.
    @Test func threeWritingProcessesAndTheQueuesCheckpointsLoseNothing() async throws {
        let commands = try await Self.queue()
        let store = try Store.open(path: commands.database)
        let storm = try Self.startWriters(commands)
        var checkpoints = 0
        while storm.contains(where: { $0.process.isRunning }) {
            try await store.emptyLog()
            checkpoints += 1
        }
        try store.close()
        let acknowledged = try await Self.acknowledged(by: storm)
        #expect(acknowledged.count == Self.writers * Self.rows)
        let there = try await Self.ids(in: commands)
        #expect(there == acknowledged)
        try await Self.expectWholeHistory(commands)
        print(
            "proof: rows lost by \(Self.writers) writing processes beside guarded checkpoints: "
                + "\(acknowledged.subtracting(there).count) of \(acknowledged.count) acknowledged, \(checkpoints) checkpoints"
        )
        if Self.isFull { try await Self.stormWithoutAGuard() }
    }

    /// Chance decides what it loses, so that it is only told.
    private static func stormWithoutAGuard() async throws {
        let commands = try await queue()
        let storm = try startWriters(commands)
        let checkpoints = String(repeating: "PRAGMA wal_checkpoint(PASSIVE);\n", count: 1_000_000)
        let checkpointer = try start(quietly + "\n" + checkpoints, "checkpointer", commands)
        let acknowledged = try await acknowledged(by: storm, mayFail: true)
        checkpointer.process.signal(SIGKILL)
        _ = await checkpointer.process.wait()
        let check = try? await SQLiteShell.run("PRAGMA integrity_check(1)", on: commands.database)
        let there = try? await ids(in: commands)
        print(
            "proof: rows lost by \(writers) writing processes beside unguarded checkpoints: "
                + "\(there.map { "\(acknowledged.subtracting($0).count)" } ?? "all, unreadable") of \(acknowledged.count) "
                + "acknowledged (integrity_check: \(check?.joined(separator: "; ") ?? "fails"))"
        )
    }
}

extension ResetBugTests {
    private typealias Shell = (process: ChildProcess, output: String)

    /// The connection leaves checkpoints to others, waits for them, and does not wait for the disk, which is not at stake.
    private static let quietly = """
        PRAGMA wal_autocheckpoint = 0;
        PRAGMA synchronous = OFF;
        .timeout 60000
        """

    private static func inserts(_ count: Int, of name: String) -> String {
        (0..<count).map {
            "INSERT INTO upload (source_path, destination) VALUES ('/\(name)/\($0)', 'archive') RETURNING 'id ' || id;"
        }.joined(separator: "\n")
    }

    /// What the shell told of rows that are committed.
    private static func ids(_ output: String) -> Set<Int> {
        Set(output.split(separator: "\n").filter { $0.hasPrefix("id ") }.compactMap { Int($0.dropFirst(3)) })
    }

    private static func ids(in commands: QueueCommands) async throws -> Set<Int> {
        Set(try await SQLiteShell.run("SELECT id FROM upload", on: commands.database).compactMap { Int($0) })
    }

    private static func queue() async throws -> QueueCommands {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "archive", "--tus", "http://127.0.0.1:9/")
        return commands
    }

    private static func shell(
        _ script: String,
        _ commands: QueueCommands,
        _ words: [String]
    ) async throws -> (status: Int32, output: String) {
        try script.write(toFile: commands.folder["script.sql"], atomically: false, encoding: .utf8)
        return try await ChildProcess.run(
            words + ["sqlite3", "-batch", "-bail", commands.database, ".read script.sql"],
            in: commands.folder
        )
    }

    private static func start(_ script: String, _ name: String, _ commands: QueueCommands) throws -> Shell {
        let (file, output) = (commands.folder["\(name).sql"], commands.folder["\(name).out"])
        try script.write(toFile: file, atomically: false, encoding: .utf8)
        let process = try ChildProcess(
            ["sqlite3", "-batch", "-bail", commands.database, ".read \(name).sql"],
            environment: ProcessInfo.processInfo.environment,
            folder: commands.folder.path,
            files: ("/dev/null", output, output)
        )
        return (process, output)
    }

    private static func startWriters(_ commands: QueueCommands) throws -> [Shell] {
        try (0..<writers).map { number in
            try start(quietly + "\n" + inserts(rows, of: "\(number)"), "writer-\(number)", commands)
        }
    }

    /// Waits for writers, which may fail only where the database may be damaged.
    private static func acknowledged(by storm: [Shell], mayFail: Bool = false) async throws -> Set<Int> {
        var acknowledged: Set<Int> = []
        for writer in storm {
            let status = await writer.process.wait().status
            let output = try String(contentsOfFile: writer.output, encoding: .utf8)
            #expect(status == 0 || mayFail, "\(output.suffix(300))")
            acknowledged.formUnion(ids(output))
        }
        return acknowledged
    }

    /// A database that lost pages can still be whole in SQLite's eyes, but its history then has gaps.
    private static func expectWholeHistory(_ commands: QueueCommands) async throws {
        try await commands.expectWholeDatabase()
        let gaps = """
            SELECT (SELECT count(*) = max(seq) FROM upload_event), (SELECT count(*) = max(id) FROM upload),
                (SELECT count(*) FROM upload WHERE id NOT IN (SELECT upload_id FROM upload_event WHERE event = 'add'))
            """
        #expect(try await SQLiteShell.run(gaps, on: commands.database) == ["1|1|0"])
    }
}

/// The shared library that puts another connection into the weak moment of each checkpoint.
private struct ResetShim {
    let environment: [String: String]
    private let log: String

    init(in folder: TemporaryFolder) async throws {
        log = folder["reset.log"]
        environment = [
            "LD_PRELOAD": try await PreloadedLibrary.build("reset", linking: "sqlite3", in: folder),
            "UPLOAD_QUEUE_RESET_LOG": log,
            "UPLOAD_QUEUE_RESET_SQL": "INSERT INTO upload (source_path, destination) VALUES ('/other', 'archive')",
        ]
    }

    /// A program and these words before it.
    var words: [String] { ["env"] + environment.map { "\($0.key)=\($0.value)" } }

    /// What became of the commits of the other connection, and with which SQLite.
    func commits() -> [(version: String, outcome: String)] {
        let lines = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return lines.split(separator: "\n").map { line in
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            return (words[0], words.count > 1 ? words[1] : "")
        }
    }
}
#endif
