import Foundation
import Testing

/// Databases that cannot be used: each is named with its reason, and left as it was.
@Suite(.timeLimit(.minutes(10))) struct BadDatabaseTests {
    /// What spoils a queue's file, the exit status, and the words that tell why.
    struct Kind: Sendable, CustomTestStringConvertible {
        var spoiled: String
        var status: Int32
        var words: String
        var testDescription: String { spoiled }

        init(_ spoiled: String, _ status: Int32, _ words: String) {
            self.spoiled = spoiled
            self.status = status
            self.words = words
        }
    }

    static let kinds = [
        Kind("sqlite3 queue.db 'PRAGMA user_version = 99'", 78, "was written by a newer version"),
        Kind("sqlite3 queue.db 'DELETE FROM schema_migration'", 78, "restore the file or use another"),
        Kind("sqlite3 queue.db 'PRAGMA application_id = 7'", 78, "is a database of another program"),
        Kind("chmod 644 queue.db", 78, "chmod 600"),
        Kind("printf 'x%.0s' {1..99} > queue.db", 78, "is not a SQLite database"),
        // Behind the header, which alone tells what the file is.
        Kind("dd if=/dev/urandom of=queue.db bs=4096 seek=1 count=9 conv=notrunc status=none", 78, "is damaged"),
        Kind("truncate -s 5000 queue.db", 78, "is damaged"),
        Kind("chmod 0 queue.db", 73, "cannot be opened for writing"),
        Kind("rm queue.db && mkdir queue.db", 73, "is not a regular file"),
        Kind("rm queue.db && mkfifo queue.db", 73, "is not a regular file"),
        Kind(
            "mv queue.db closed && chmod 500 closed && ln -s closed/queue.db queue.db",
            73,
            "cannot be opened for writing"
        ),
    ]

    @Test(arguments: kinds) func isToldAndLeftAsItWas(_ kind: Kind) async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        try await commands.output("add", "a", "--to", "http://a.example/")
        // Whole in its one file, so that nothing is left in a log.
        let spoil = "mkdir closed; sqlite3 queue.db 'PRAGMA wal_checkpoint(TRUNCATE)' > log; \(kind.spoiled)"
        let spoilt = try await commands.shell(spoil)
        #expect(spoilt.status == 0, "\(spoilt.output)")
        // Looking at a database makes an empty log beside it.
        let look = """
            stat -L -c %a:%F queue.db; test -p queue.db || cksum < queue.db
            ls -A closed; test ! -s queue.db-wal
            """
        let before = try await commands.shell(look)

        for command in ["add a --to http://a.example/", "list", "run --drain", "pause 1", "destination add b --wix"] {
            let ending = try await commands.shell("timeout 60 '\(UploadQueueBinary.path)' \(command)")
            #expect(ending.status == kind.status, "\(command): \(ending.output)")
            #expect(ending.output.contains(kind.words), "\(command): \(ending.output)")
            #expect(ending.output.contains(commands.folder["queue.db"]) || ending.output.contains("closed/queue.db"))
            #expect(ending.output.split(separator: "\n").count == 1, "\(ending.output)")
        }
        let after = try await commands.shell(look)
        #expect(before.output == after.output)
        #expect(after.status == 0)
        _ = try await commands.shell("chmod 700 closed")
    }

    @Test func aFolderThatMayNotBeWrittenIsTold() async throws {
        let commands = try QueueCommands()
        let made = "mkdir closed && chmod 500 closed; upload-queue destination add a --wix --database closed/queue.db"
        let ending = try await commands.shell(made)
        #expect(ending.status == 73)
        #expect(ending.output.contains("cannot open \(commands.folder["closed/queue.db"]): "))
    }

    /// A person's transaction stands in the way: a call gives up after ten seconds.
    @Test func aLockedDatabaseIsTold() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        try await commands.output("add", "a", "--to", "http://127.0.0.1:9/")
        let script = """
            mkfifo hold held
            sqlite3 queue.db < hold & exec 3> hold
            printf 'BEGIN IMMEDIATE;\n.system echo > held\n' >&3
            read -r line < held
            upload-queue pause 1 > paused 2>&1; echo "pause: $?"
            """
        let ending = try await commands.shell(script + "\necho 'COMMIT;' >&3; exec 3>&-; wait")
        #expect(ending.status == 0)
        #expect(ending.output == "pause: 75\n")
        let paused = try String(contentsOfFile: commands.folder["paused"], encoding: .utf8)
        let words = "another program kept \(commands.database) locked; end its transaction and try again"
        #expect(paused == "upload-queue: \(words)\n")
        #expect(try await commands.array("list", "--json").map { $0["status"] as? String } == ["pending"])
        try await commands.expectWholeDatabase()
    }
}
