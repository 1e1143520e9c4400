import DevelopmentServer
import Foundation
import Testing

/// `doctor`, on queues with something wrong.
@Suite(.timeLimit(.minutes(10))) struct DoctorCommandTests {
    /// A line of `--json`.
    struct Line: Decodable, Equatable {
        var check: String
        var level: String
        var message: String
        var advice: String?
    }

    private struct Report: Decodable {
        struct Library: Decodable {
            var version: String
            var compileOptions: [String]
        }

        var database: String
        var sqlite: Library
        var findings: [Line]
    }

    static func report(
        _ commands: QueueCommands,
        _ options: String...,
        status: Int32,
        environment: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [Line] {
        let ending = try await Command.run(
            ["doctor", "--json"] + options,
            in: commands.folder,
            environment: commands.environment.merging(environment) { $1 }
        )
        #expect(ending.status == status, "\(ending.output)\(ending.errors)", sourceLocation: sourceLocation)
        let report = try Self.decoded(ending.output)
        #expect(report.database == commands.database, sourceLocation: sourceLocation)
        return report.findings
    }

    private static func decoded(_ json: String) throws -> Report {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Report.self, from: Data(json.utf8))
    }

    /// The lines that are not ok, as `level check`.
    static func wrong(_ lines: [Line]) -> [String] {
        lines.filter { $0.level != "ok" }.map { "\($0.level) \($0.check)" }
    }

    /// A queue with an upload that waits for a worker, to a server that nobody listens for.
    static func queue() async throws -> QueueCommands {
        let commands = try QueueCommands()
        try commands.write("a")
        try await commands.output("add", "a", "--to", "http://127.0.0.1:9/")
        return commands
    }

    private static func change(_ commands: QueueCommands, _ sql: String) async throws {
        let sql = "PRAGMA wal_autocheckpoint = 0; \(sql)"
        _ = try await SQLiteShell.run(sql, on: commands.database, readOnly: false)
    }

    @Test func aHealthyQueueIsAllRight() async throws {
        let commands = try await Self.queue()
        let output = try await commands.output("doctor")
        let lines = output.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("RESULT  CHECK"))
        #expect(lines.count == 16)
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("ok      ") }, "\(output)")
        let findings = try await Self.report(commands, status: 0)
        #expect(Self.wrong(findings) == [])
        #expect(Set(findings.map(\.check)).count == 15)
        #expect(findings.allSatisfy { $0.advice == nil && !$0.message.isEmpty })
        let shell = "SELECT sqlite_version(); PRAGMA compile_options"
        let library = try await SQLiteShell.run(shell, on: commands.database)
        let build = try #require(library.first { $0.hasPrefix("THREADSAFE=") })
        let said = findings.first { $0.check == "sqlite" }?.message
        #expect(said?.hasPrefix("SQLite \(library[0]) with \(build)") == true)
        let sqlite = try Self.decoded(try await commands.output("doctor", "--json")).sqlite
        #expect([sqlite.version] + sqlite.compileOptions == library)
        #expect(findings.first { $0.check == "integrity" }?.message.hasPrefix("quick_check of ") == true)
        let full = try await Self.report(commands, "--full", status: 0).first { $0.check == "integrity" }
        #expect(full?.message.hasPrefix("integrity_check of ") == true)
        // Looking changes nothing.
        #expect(try await commands.array("list", "--json").map { $0["status"] as? String } == ["pending"])
    }

    @Test func aQueueThatIsMissingIsNotMade() async throws {
        let commands = try QueueCommands()
        for environment in [[:], ["UPLOAD_QUEUE_DATABASE": ""]] {
            let ending = try await commands.run("doctor", "--fix", environment: environment)
            #expect(ending.status == 66)
            #expect(ending.errors.contains("there is no queue at "))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: commands.folder["home"]).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: commands.database))
    }

    /// The library says of itself what a preloaded one makes it say.
    @Test(
        arguments: [
            (
                #"int sqlite3_libversion_number(void) { return 3036000; } const char *sqlite3_libversion(void) { return "3.36.0"; }"#,
                "SQLite 3.36.0 is too old"
            ),
            (
                #"const char *sqlite3_compileoption_get(int n) { return n == 0 ? "THREADSAFE=0" : 0; }"#,
                "was built with THREADSAFE=0"
            ),
        ]
    )
    func aLibraryThatIsNotSafeIsRefused(_ source: String, _ words: String) async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        try commands.write("library.c", source)
        let built = try await commands.shell("cc -shared -fPIC -o library.so library.c")
        try #require(built.status == 0, "\(built.output)")
        let environment = ["LD_PRELOAD": commands.folder["library.so"]]
        let refused = try await commands.run("add", "a", "--to", "http://127.0.0.1:9/", environment: environment)
        #expect(refused.status == 73 && refused.errors.contains(words), "\(refused.errors)")
        #expect(!FileManager.default.fileExists(atPath: commands.database))
        try await commands.output("add", "a", "--to", "http://127.0.0.1:9/")
        let findings = try await Self.report(commands, status: 1, environment: environment)
        #expect(Self.wrong(findings) == ["problem database"])
        #expect(findings[0].message.contains(words))
    }

    /// Only a queue's files are touched.
    @Test func whatIsNoQueueIsLeftAsItIs() async throws {
        let commands = try QueueCommands()
        let letter = String(repeating: "This is a letter, and no database at all.\n", count: 100)
        try commands.write("queue.db", letter)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: commands.database)
        let findings = try await Self.report(commands, "--fix", status: 1)
        #expect(Self.wrong(findings) == ["problem database"])
        #expect(findings[0].message.contains("is not a SQLite database"))
        let attributes = try FileManager.default.attributesOfItem(atPath: commands.database)
        #expect(attributes[.posixPermissions] as? Int == 0o644)
        #expect(try String(contentsOfFile: commands.database, encoding: .utf8) == letter)
    }

    @Test func damageIsTold() async throws {
        let commands = try await Self.queue()
        try await Self.change(commands, "PRAGMA ignore_check_constraints = ON; UPDATE upload SET attempt = -1")
        let findings = try await Self.report(commands, "--fix", status: 1)
        #expect(Self.wrong(findings) == ["problem integrity"])
        let line = try #require(findings.first { $0.check == "integrity" })
        #expect(line.message == "quick_check: CHECK constraint failed in upload")
        #expect(line.advice?.contains("restore a backup") == true)
    }

    @Test func whatADeadWorkerLeftIsTakenOver() async throws {
        let commands = try await Self.queue()
        try await Self.change(
            commands,
            """
            INSERT INTO worker (boot_id, pid, host) VALUES ('boot', 1, 'here');
            UPDATE upload SET status = 'processing', worker_id = 1, generation = 1, revision = 1
            """
        )
        for id in [1, 9] { try commands.write("queue.db.worker-\(id)", "") }
        let found = try await Self.report(commands, status: 1)
        #expect(Self.wrong(found) == ["problem workers", "warning locks"])
        #expect(found.first { $0.check == "workers" }?.message.hasPrefix("1 worker died, no other is running") == true)
        let fixed = try await Self.report(commands, "--fix", status: 0)
        #expect(Self.wrong(fixed) == ["fixed workers", "fixed locks"])
        #expect(fixed.first { $0.check == "locks" }?.message.contains("queue.db.worker-9") == true)
        #expect(try await commands.array("list", "--json").map { $0["status"] as? String } == ["pending"])
        let locks = try FileManager.default.contentsOfDirectory(atPath: commands.folder.path)
            .filter { $0.contains("worker") }
        #expect(locks == [])
        #expect(Self.wrong(try await Self.report(commands, status: 0)) == [])
    }

    @Test func whatALivingWorkerHoldsIsLeftToIt() async throws {
        let commands = try QueueCommands()
        try commands.folder.write("sheet.bin", bytes: 8 << 20, seed: 1)
        var configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        configuration.faults = [Fault(.step(.transfer), .stall(afterBytes: 4 << 20), times: 100)]
        try await withDevelopmentServer(configuration) { server in
            try await commands.output("add", "sheet.bin", "--to", server.endpoint)
            let worker = try commands.start("run")
            defer { if worker.isRunning { worker.signal(SIGKILL) } }
            while try await SQLiteShell.run("SELECT phase FROM upload", on: commands.database) != ["transfer"] {
                try #require(worker.isRunning)
            }
            let findings = try await Self.report(commands, "--fix", status: 0)
            #expect(Self.wrong(findings) == [])
            #expect(findings.first { $0.check == "workers" }?.message == "1 worker is running")
            #expect(try await commands.array("list", "--json").map { $0["status"] as? String } == ["processing"])
            #expect(FileManager.default.fileExists(atPath: commands.folder["queue.db.worker-1"]))
        }
    }

    @Test func uploadsThatAPersonHasToLookAfterAreTold() async throws {
        let commands = try QueueCommands()
        let names = ["whole", "gone", "changed", "parked", "failed", "also", "crashing", "lost"]
        for name in names { try commands.write(name) }
        try await commands.output("destination", "add", "a", "--tus", "http://a/", "--header", "X-Key: env:A_KEY")
        _ = try await commands.add(names, "--to", "a")
        try FileManager.default.removeItem(atPath: commands.folder["gone"])
        try commands.write("changed", "other bytes, and more\n")
        try await Self.change(
            commands,
            """
            INSERT INTO worker (boot_id, pid, host) VALUES ('boot', 1, 'here');
            UPDATE upload SET status = 'processing', worker_id = 1, generation = 1, revision = 1 WHERE id IN (4, 5, 6);
            UPDATE upload SET status = 'paused', pause_reason = 'quota', worker_id = NULL, revision = 2,
                last_error_code = 'quota_exceeded', last_error = 'full' WHERE id = 4;
            UPDATE upload SET status = 'failed', worker_id = NULL, revision = 2, finished_at = '2026-01-01T00:00:00.000Z',
                last_error_code = 'refused', last_error = '400 from the server' WHERE id IN (5, 6);
            UPDATE upload SET crashes = 2 WHERE id = 7;
            UPDATE upload SET restarts = 3 WHERE id = 8;
            DELETE FROM worker
            """
        )
        let findings = try await Self.report(commands, "--fix", status: 1)
        #expect(
            Self.wrong(findings) == [
                "warning crashes", "warning crashes", "problem sources", "problem sources", "problem parked",
                "problem failed", "warning environment",
            ]
        )
        let wrong = findings.filter { $0.level != "ok" }
        let words = [
            "workers died 2 times or more with 1 upload in hand, the oldest is 7",
            "servers lost 1 upload 3 times or more, the oldest is 8", "source_changed: upload 3: ",
            "source_missing: upload 2: \(commands.folder["gone"]) does not exist",
            "1 upload to a is paused for want of quota",
            "refused: 2 uploads, the oldest is 5: 400 from the server", "a takes secrets from A_KEY, not set",
        ]
        for (line, words) in zip(wrong, words) { #expect(line.message.hasPrefix(words), "\(line)") }
        #expect(wrong.allSatisfy { $0.advice != nil })
        let set = try await Self.report(commands, status: 1, environment: ["A_KEY": "k"])
        #expect(!Self.wrong(set).contains("warning environment"))
        #expect(Self.wrong(set).count == 6)
    }

    @Test func secretsInTheLogAreWiped() async throws {
        let commands = try QueueCommands()
        try commands.write("photo.jpg")
        let grant = #"{"uploadUrl": "https://media.example/signed", "uploadToken": "a-secret-of-the-host"}"#
        try await commands.output("add", "photo.jpg", "--grant", "-", input: grant)
        let finish = "UPDATE upload SET status = 'cancelled', finished_at = '2026-01-01T00:00:00.000Z'"
        try await Self.change(commands, finish)
        #expect(Self.wrong(try await Self.report(commands, status: 0)) == ["warning secrets"])
        #expect(Self.wrong(try await Self.report(commands, "--fix", status: 0)) == ["fixed secrets"])
        for file in ["queue.db", "queue.db-wal"] {
            let bytes = FileManager.default.contents(atPath: commands.folder[file])
            #expect(bytes?.range(of: Data("a-secret-of-the-host".utf8)) == nil, "\(file)")
        }
    }

    @Test func aLongLogIsToldAndEmptied() async throws {
        let commands = try await Self.queue()
        let noise = """
            CREATE TABLE noise (x); INSERT INTO noise
            WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 24) SELECT randomblob(1048576)
            FROM number
            """
        // A reader that stays open while the log grows, as a dashboard does.
        let ending = try await commands.shell(
            """
            mkfifo hold held
            sqlite3 -readonly queue.db < hold & exec 3> hold
            printf 'BEGIN; SELECT count(*) FROM upload;\\n.system echo > held\\n' >&3
            read -r line < held
            sqlite3 queue.db "PRAGMA wal_autocheckpoint = 0; \(noise)"
            upload-queue doctor --fix --json > long; echo "$?"
            echo 'COMMIT;' >&3; exec 3>&-; wait
            upload-queue doctor --fix --json > short; echo "$?"
            """
        )
        #expect(ending.output.split(separator: "\n").suffix(2) == ["0", "0"], "\(ending.output)")
        for (file, wrong) in [("long", "warning log"), ("short", "fixed log")] {
            let text = try String(contentsOfFile: commands.folder[file], encoding: .utf8)
            #expect(Self.wrong(try Self.decoded(text).findings) == [wrong])
        }
        let log = try? FileManager.default.attributesOfItem(atPath: commands.folder["queue.db-wal"])
        #expect(log?[.size] as? Int ?? 0 < 10_000)
        try await commands.expectWholeDatabase()
    }
}
