import DevelopmentServer
import Foundation
import Testing

/// `backup`: a copy that is a queue, made while anything happens.
@Suite(.timeLimit(.minutes(10))) struct BackupCommandTests {
    @Test func tellsWhatItCopied() async throws {
        let commands = try QueueCommands()
        try await Self.addGrant(commands)
        let ending = try await commands.run("backup", "copy.db")
        #expect(ending.status == 0)
        #expect(ending.output.hasPrefix("\(commands.folder["copy.db"])  1 upload  "))
        #expect(ending.errors == "upload-queue: the grants of 1 of them were left out (grant_not_copied)\n")
        let object = try await commands.object("backup", "other.db", "--json")
        #expect(object["path"] as? String == commands.folder["other.db"])
        #expect(object["uploads"] as? Int == 1)
        #expect(object["grants_left_out"] as? Int == 1)
        let attributes = try FileManager.default.attributesOfItem(atPath: commands.folder["other.db"])
        #expect(object["bytes"] as? Int == attributes[.size] as? Int)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func whatIsLeftToDoIsToldByTheCopy() async throws {
        let commands = try QueueCommands()
        try await Self.addGrant(commands)
        try await commands.output("backup", "copy.db")
        let shown = try await commands.output("show", "1", "--database", "copy.db")
        #expect(shown.contains("grant_not_copied: this queue is a copy, which holds no grants; add the file again"))
        #expect(shown.contains("Add the file again with a new grant; a copy of a queue holds none."))
        #expect(shown.contains("copied with its queue, without its grant"))
        #expect(try await commands.array("list", "--json").first?["status"] as? String == "pending")
    }

    @Test func aNameThatIsTakenIsLeftAlone() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/")
        try commands.write("copy.db", "a letter")
        let ending = try await commands.run("backup", "copy.db")
        #expect(ending.status == 1)
        #expect(ending.output.isEmpty)
        #expect(ending.errors.contains("\(commands.folder["copy.db"]) exists already"))
        #expect(try String(contentsOfFile: commands.folder["copy.db"], encoding: .utf8) == "a letter")
        try await commands.output("backup", "copy.db", "--force")
        #expect(try await commands.array("destination", "list", "--database", "copy.db", "--json").count == 1)
        let ownFile = try await commands.run("backup", "queue.db", "--force")
        #expect(ownFile.status == 1)
        #expect(try await commands.array("destination", "list", "--json").count == 1)
    }

    @Test func aQueueThatIsMissingIsNotMade() async throws {
        let commands = try QueueCommands()
        for environment in [[:], ["UPLOAD_QUEUE_DATABASE": ""]] {
            let ending = try await commands.run("backup", "copy.db", environment: environment)
            #expect(ending.status == 66)
            #expect(ending.errors.contains("there is no queue at "))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: commands.folder["home"]).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: commands.folder["copy.db"]))
    }

    @Test func aFullDiskIsTold() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/")
        try await Self.fill(commands, rows: 100_000)
        let ending = try await commands.shellWithSmallDisk(
            mebibytes: 1,
            "upload-queue backup small/copy.db; echo $?; ls -A small; upload-queue destination list > list && echo fine"
        )
        let told = "upload-queue: the disk of \(commands.folder["small/copy.db"]) is full; "
        #expect(ending.output.hasPrefix(told))
        #expect(ending.output.hasSuffix("\n74\nfine\n"))
    }

    /// The machine is lost in the middle of an upload, and its copy goes on with what the server has.
    @Test func aCopyMadeWhileAWorkerRunsGoesOn() async throws {
        let commands = try QueueCommands()
        let source = try commands.folder.write("sheet.bin", bytes: 12 << 20, seed: 1)
        try await withDevelopmentServer(.init(directory: commands.folder["server"])) { server in
            try await commands.output("add", "sheet.bin", "--to", server.endpoint)
            // Not a server that stops reading: while bytes wait for it, the kernel tells it nothing of a client's end.
            try await commands.output("limit", "--rate", "128KiB")
            let worker = try commands.start("run")
            while try await SQLiteShell.run("SELECT phase FROM upload", on: commands.database) != ["transfer"] {
                try #require(worker.isRunning)
            }
            try await commands.output("backup", "copy.db")
            let listed = try await commands.array("list", "--json", "--database", "copy.db")
            #expect(listed.map { $0["status"] as? String } == ["processing"])
            #expect(worker.isRunning)
            worker.signal(SIGKILL)
            #expect(try await worker.wait().killed)

            try await commands.output("limit", "--rate", "none", "--database", "copy.db")
            try await commands.output("run", "--drain", "--database", "copy.db")
            let done = try #require(try await commands.array("list", "--json", "--database", "copy.db").first)
            #expect(done["status"] as? String == "completed")
            let id = (done["upload_url"] as? String)?.split(separator: "/").last.map(String.init) ?? ""
            let stored = try Data(contentsOf: URL(filePath: "\(commands.folder["server"])/\(id).bin"))
            #expect(try stored == Data(contentsOf: URL(filePath: source)))
            // What was on its way at the kill may be read and not kept; what is kept is never sent again.
            let patches = server.requests().filter { $0.step == .transfer }
            #expect(Set(patches.compactMap(\.upload)) == [id])
            #expect(patches.reduce(0) { $0 + $1.bytesStored } == 12 << 20)
        }
    }

    @Test func aBarIsDrawnMeanwhile() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/")
        try await Self.fill(commands, rows: 1_000_000)
        let terminal = try PseudoTerminal(columns: 100)
        let command = try commands.start("backup", "copy.db", on: terminal)
        // What is read may hold all that was ever drawn, also the end of the bar.
        let drawn = await terminal.text { $0.contains("%  copy.db") }
        let bar = try #require(drawn.firstRange(of: "%  copy.db"))
        let lines = TerminalScreen(String(drawn[..<bar.upperBound]), columns: 100).lines
        #expect(lines.count == 1)
        #expect(lines.first?.contains(#/^  copy  [━─]+ +[0-9]+ %  copy\.db$/#) == true)
        #expect(try await command.wait().status == 0)
        let end = await terminal.text { $0.contains("0 uploads") }
        #expect(TerminalScreen(end, columns: 100).lines.count == 1)
    }

    @Test(arguments: [SIGINT, SIGTERM]) func nothingIsLeftWhenItIsInterrupted(_ signal: Int32) async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/")
        try await Self.fill(commands, rows: 1_000_000)
        let command = try commands.start("backup", "copy.db")
        let copies = {
            try FileManager.default.contentsOfDirectory(atPath: commands.folder.path).filter { $0.hasPrefix("copy") }
        }
        while try copies().isEmpty { try #require(command.isRunning) }
        command.signal(signal)
        let ending = try await command.wait()
        #expect(ending.status == 1)
        #expect(ending.errors == "upload-queue: interrupted\n")
        #expect(try copies() == [])
    }

    /// A table of another program in the queue's file, so that there is something to copy.
    private static func fill(_ commands: QueueCommands, rows: Int) async throws {
        let sql = """
            PRAGMA wal_autocheckpoint = 0; CREATE TABLE noise (id INTEGER PRIMARY KEY, text TEXT);
            INSERT INTO noise WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < \(rows))
                SELECT n, 'some text ' || n FROM number
            """
        _ = try await SQLiteShell.run(sql, on: commands.database, readOnly: false)
    }

    private static func addGrant(_ commands: QueueCommands) async throws {
        try commands.write("photo.jpg")
        let grant = #"{"uploadUrl": "https://media.example/signed", "uploadToken": "secret"}"#
        try await commands.output("add", "photo.jpg", "--grant", "-", input: grant)
    }
}
