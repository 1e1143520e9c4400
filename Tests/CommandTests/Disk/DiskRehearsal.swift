#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// One command on a disk that fails, and what became of its upload once the disk works again.
struct DiskRehearsal: Sendable {
    /// What is known of one upload.
    struct Outcome: Sendable {
        var source: String
        /// How often it is in the queue: twice where an add was not acknowledged, is there all the same, and was repeated.
        var rows: Int
        /// Whether a call failed; else the command made fewer calls.
        var failed: Bool
    }

    private static let key = ["WIX_API_KEY": "IST.hunter2"]
    private static let bytes = 20_000
    /// The exit codes that are documented for what a disk does: fine, put off, not opened, failed or full.
    private static let statuses: Set<Int32> = [0, 2, 73, 74]

    let work: DiskFaultTests.Work
    let folder: TemporaryFolder
    let library: String
    let server: RunningServer

    /// A queue that knows its destination, whole in its one file.
    func makeTemplate() async throws {
        let database = folder["template.db"]
        let words = ["destination", "add", "media", "--wix", "--site-id", "S", "--api-key", "env:WIX_API_KEY"]
        let ending = try await Command.run(words + ["--api", server.origin, "--database", database], in: folder)
        try #require(ending.status == 0, "\(ending.errors)")
        _ = try await SQLiteShell.run("PRAGMA wal_checkpoint(TRUNCATE)", on: database, readOnly: false)
    }

    /// Several at the same time.
    func outcomes(of trouble: DiskTrouble, at calls: [Int], stops: Bool = true) async throws -> [Outcome] {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            for call in calls { group.addTask { try await outcome(of: trouble, at: call, stops: stops) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func outcome(of trouble: DiskTrouble, at call: Int, stops: Bool) async throws -> Outcome {
        let comment: Comment = "\(trouble.rawValue) at call \(call)"
        let place = folder["\(trouble.rawValue)-\(call)"]
        try FileManager.default.createDirectory(atPath: "\(place)/queue", withIntermediateDirectories: true)
        let database = "\(place)/queue/queue.db"
        if work != .first { try FileManager.default.copyItem(atPath: folder["template.db"], toPath: database) }
        let troubles = DiskTrouble.allCases
        let seed = UInt64(call * troubles.count + (troubles.firstIndex(of: trouble) ?? 0) + 1)
        let source = try folder.write("\(trouble.rawValue)-\(call)/file.jpg", bytes: Self.bytes, seed: seed)

        let destination = work == .first ? server.endpoint : "media"
        let add = ["add", source, "--to", destination, "--database", database] + (work == .copy ? ["--copy"] : [])
        let run = ["run", "--drain", "--database", database]
        if work == .run {
            #expect(try await Command.run(add, in: folder).status == 0, comment)
        }
        let shim = trouble.environment(
            library: library,
            at: call,
            in: "\(place)/queue",
            count: "\(place)/calls",
            stops: stops
        )
        let command = work == .run ? run : add
        let first = try await Command.run(command, in: folder, environment: shim.merging(Self.key) { $1 })
        try await check(first, database, comment)

        if work != .run, first.lines.isEmpty {
            let again = try await Command.run(add, in: folder)
            #expect(again.status == 0, "\(comment): \(again.errors)")
        }
        let last = try await Command.run(run, in: folder, environment: Self.key)
        #expect(last.status == 0, "\(comment): \(last.errors) \(last.output)")
        let calls = try Int(String(contentsOfFile: "\(place)/calls", encoding: .utf8).prefix { $0.isNumber })
        return Outcome(
            source: source,
            rows: try await checkCompleted(database, comment),
            failed: try #require(calls) >= call
        )
    }

    /// The command ended by itself, said why, and acknowledged only what is there.
    private func check(_ ending: Command.Ending, _ database: String, _ comment: Comment) async throws {
        #expect(!ending.killed, "\(comment): signal \(ending.status), \(ending.errors)")
        #expect(Self.statuses.contains(ending.status), "\(comment): \(ending.status), \(ending.errors)")
        if ending.status != 0, ending.status != 2 {
            #expect(ending.errors.contains("upload-queue: "), comment)
            #expect(ending.errors.contains(database), "\(comment): \(ending.errors)")
        }
        guard FileManager.default.fileExists(atPath: database) else {
            #expect(ending.status != 0, comment)
            return
        }
        let check = try await SQLiteShell.run("PRAGMA integrity_check", on: database, readOnly: false)
        #expect(check == ["ok"], comment)
        guard work != .run else { return }
        let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'upload'"
        let hasTable = try await SQLiteShell.run(tables, on: database) == ["1"]
        let ids = hasTable ? try await SQLiteShell.run("SELECT id FROM upload", on: database) : []
        #expect(Set(ids).isSuperset(of: ending.lines), "\(comment): printed \(ending.lines), there are \(ids)")
        if ending.status == 0 { #expect(ids == ending.lines && ids.count == 1, comment) }
        if ending.errors.contains("nothing was") { #expect(ids.isEmpty, "\(comment): \(ending.errors)") }
    }

    /// Everything that is in the queue is done, and nothing is left over; tells how many uploads there are.
    private func checkCompleted(_ database: String, _ comment: Comment) async throws -> Int {
        let rows = try await SQLiteShell.run(
            "SELECT status, phase, last_error_code, upload_token IS NULL FROM upload",
            on: database
        )
        #expect(rows.allSatisfy { $0 == "completed|done||1" }, "\(comment): \(rows)")
        #expect(work == .run ? rows.count == 1 : 1...2 ~= rows.count, "\(comment): \(rows)")
        #expect(try await SQLiteShell.run("PRAGMA integrity_check", on: database) == ["ok"], comment)
        #expect(try await SQLiteShell.run("SELECT count(*) FROM worker", on: database) == ["0"], comment)
        let copies = (try? FileManager.default.contentsOfDirectory(atPath: "\(database).spool")) ?? []
        #expect(copies.isEmpty, comment)
        return rows.count
    }

    /// Each upload's bytes are at the server in one upload, stored and sent once, and finalized once.
    func checkServer(_ outcomes: [Outcome]) throws {
        var contents = try ServerContents(folder["server"], server.requests())
        for outcome in outcomes { try contents.expect(outcome.source, times: outcome.rows, "\(work)") }
        let finalized = work == .first ? 0 : outcomes.reduce(0) { $0 + $1.rows }
        contents.expectNothingElse(finalized: finalized, "\(work)")
    }
}
#endif
