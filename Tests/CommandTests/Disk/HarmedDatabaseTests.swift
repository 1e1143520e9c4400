#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// What is done to a queue's files while a worker has them open: it ends by itself and says why.
@Suite(.timeLimit(.minutes(10))) struct HarmedDatabaseTests {
    private static let files = 14
    private static let bytes = 3_000

    /// What a hand does, the exit codes that may follow, and words that tell why.
    struct Harm: Sendable, CustomTestStringConvertible {
        var hand: String
        var statuses: Set<Int32>
        var words: String
        var testDescription: String { hand }

        init(_ hand: String, _ statuses: Set<Int32>, _ words: String) {
            self.hand = hand
            self.statuses = statuses
            self.words = words
        }
    }

    private static let taken = "was removed or replaced while the queue was open"

    /// Where the database itself survives, so does everything in it.
    @Test(
        arguments: [
            Harm("rm queue.db-wal", [73], taken),
            Harm("rm queue.db-shm", [73], taken),
            Harm("mv queue.db away", [73], taken),
            Harm("chmod 0 queue.db*", [0, 73], "cannot be opened for writing"),
        ]
    )
    func whatSurvivesGoesOn(_ harm: Harm) async throws {
        try await during(harm) { commands, server in
            let heal = "if [ -e away ] && [ ! -e queue.db ]; then mv away queue.db; fi; chmod 600 queue.db*"
            let last = try await commands.shell("\(heal)\nupload-queue run --drain")
            #expect(last.status == 0, "\(last.output)")
            try await commands.expectWholeDatabase()
            let rows = try await commands.sql("SELECT status, source_path, upload_url FROM upload")
            #expect(rows.count == Self.files)
            for row in rows.map({ $0.split(separator: "|").map(String.init) }) {
                try #require(row.count == 3 && row[0] == "completed", "\(row)")
                let id = try #require(row[2].split(separator: "/").last)
                #expect(try Audit.digest(row[1]) == Audit.digest(commands.folder["server/\(id).bin"]))
            }
            for (id, requests) in Dictionary(grouping: server.requests(), by: \.upload) where id != nil {
                #expect(requests.reduce(0) { $0 + Int($1.bytesStored) } <= Self.bytes, "\(id ?? "") got bytes twice")
            }
        }
    }

    @Test(
        arguments: [
            Harm("rm queue.db", [73], taken),
            Harm("truncate -s 5000 queue.db", [0, 74, 78], "queue.db"),
            Harm(
                "dd if=/dev/urandom of=queue.db bs=4096 seek=1 count=9 conv=notrunc status=none",
                [0, 74, 78],
                "queue.db"
            ),
        ]
    )
    func whatIsLostIsTold(_ harm: Harm) async throws { try await during(harm) { _, _ in } }

    /// Nothing of the old queue gets into the new one.
    @Test func anotherQueueInItsPlaceIsLeftAlone() async throws {
        try await during(Harm("mv other.db queue.db", [73], Self.taken)) { commands, _ in
            try await commands.expectWholeDatabase()
            #expect(try await commands.sql("SELECT source_path FROM upload") == ["/other"])
        }
    }

    /// A process that may open only few files is told so, and no library ends it.
    @Test func tooFewOpenFilesAreTold() async throws {
        let commands = try QueueCommands()
        try commands.folder.write("file", bytes: Self.bytes, seed: 1)
        try await withDevelopmentServer(.init(directory: commands.folder["server"])) { server in
            try await commands.output("add", "file", "--to", server.endpoint)
            let ending = try await commands.shell(
                """
                for files in 10 14 18 22 26 30 40 60; do
                    (ulimit -n $files; exec '\(UploadQueueBinary.path)' run --drain > output 2> errors)
                    echo "$?: $(tail -n 1 errors)"
                done
                upload-queue run --drain > output 2>&1; echo "$?"
                """
            )
            let lines = ending.output.split(separator: "\n").map(String.init)
            try #require(lines.count == 9, "\(lines)")
            for line in lines.dropLast() { #expect(line.hasPrefix("73: upload-queue: "), "\(line)") }
            #expect(lines[7].contains("may have 60 files open at a time"), "\(lines)")
            #expect(lines[8] == "0")
        }
        #expect(try await commands.sql("SELECT status FROM upload") == ["completed"])
    }

    /// SQLite removes the log that it could not read, where its shared memory can be opened for reading only.
    @Test func aLogIsKeptWhoseSharedMemoryFails() async throws {
        let commands = try QueueCommands()
        let library = try await KillShim.build(in: commands.folder)
        try commands.write("file")
        var logs = 0
        for call in 1...16 {
            let folder = commands.folder["\(call)"]
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            let database = "\(folder)/queue.db"
            try await commands.output("add", "file", "--to", "http://127.0.0.1:9/files/", "--database", database)
            logs += FileManager.default.fileExists(atPath: database + "-wal") ? 1 : 0
            let shim = DiskTrouble.brokenForEver.environment(
                library: library,
                at: call,
                in: database + "-shm",
                count: "\(folder)/calls"
            )
            let ending = try await commands.run("list", "--database", database, environment: shim)
            let rows = try await SQLiteShell.run("SELECT count(*) FROM upload", on: database, readOnly: false)
            #expect(rows == ["1"], "call \(call): \(ending.errors)")
        }
        #expect(logs > 8)
    }

    private func during(
        _ harm: Harm,
        then check: (QueueCommands, RunningServer) async throws -> Void
    ) async throws {
        let commands = try QueueCommands()
        let names = (0..<Self.files).map { "file-\($0)" }
        for (index, name) in names.enumerated() {
            try commands.folder.write(name, bytes: Self.bytes, seed: UInt64(index + 1))
        }
        var configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        // Slow enough that much is left to do when the hand comes.
        configuration.faults = [Fault(.step(.transfer), .delay(.milliseconds(100)), times: 1_000)]
        try await withDevelopmentServer(configuration) { server in
            #expect(try await commands.add(names, "--to", server.endpoint).status == 0)
            let ending = try await commands.shell(
                """
                upload-queue destination add away --tus http://a.example/ --database other.db
                sqlite3 other.db "INSERT INTO upload (source_path, destination) VALUES ('/other', 'away')" > log
                '\(UploadQueueBinary.path)' run --drain --concurrency 2 > done 2> errors & worker=$!
                until grep -q completed done; do kill -0 $worker || exit 123; done
                \(harm.hand)
                wait $worker; echo "$?"
                """
            )
            let status = try #require(Int32(ending.output.split(separator: "\n").last ?? ""), "\(ending.output)")
            let errors = try String(contentsOfFile: commands.folder["errors"], encoding: .utf8)
            #expect(harm.statuses.contains(status), "\(status): \(errors)")
            if status != 0 { #expect(errors.contains(harm.words), "\(status): \(errors)") }
            try await check(commands, server)
        }
    }
}
#endif
