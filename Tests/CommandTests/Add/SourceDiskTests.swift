#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// Disks that are full, others, or closed: a source is never lost, and what cannot be done is told.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SourceDiskTests {
    @Test func aCopyWithoutRoomIsRefusedAndLeavesNothing() async throws {
        let commands = try QueueCommands()
        try commands.folder.write("large", bytes: 3 << 20, seed: 1)
        try commands.folder.write("small-one", bytes: 100_000, seed: 2)
        let ending = try await commands.shellWithSmallDisk(
            mebibytes: 2,
            """
            export UPLOAD_QUEUE_DATABASE=small/queue.db
            upload-queue destination add here --tus http://a.example/
            upload-queue add --copy large --to here; echo "$?"
            upload-queue add --copy small-one large --to here; echo "$?"
            upload-queue add - --filename x --to here < large; echo "$?"
            ls small/queue.db.spool; sqlite3 small/queue.db 'SELECT count(*) FROM upload'
            upload-queue add --copy small-one --to here; ls small/queue.db.spool | wc -l
            # Room for the copy, but not for its row.
            dd if=/dev/zero of=small/filler bs=4k 2> /dev/null; truncate -s -100K small/filler
            upload-queue add --copy small-one small-one small-one --to here; echo "$?"; ls small/queue.db.spool | wc -l
            """
        )
        let full =
            "upload-queue: the disk of \(commands.folder["small/queue.db.spool"]) is full; nothing was added; "
            + "make room and try again"
        let lines = ending.output.split(separator: "\n").map(String.init)
        let expected = [full, "74", full, "upload-queue: nothing was added", "74", full, "74", "0", "1", "1"]
        #expect(lines.prefix(10) == expected[...], "\(ending.output)")
        let last = lines.dropFirst(10)
        #expect(
            last.first?.contains("is full; nothing was") == true && last.suffix(2) == ["74", "1"],
            "\(ending.output)"
        )
    }

    @Test func aMoveToAnotherDiskKeepsWhatAFileIs() async throws {
        let commands = try QueueCommands()
        try commands.folder.write("a", bytes: 1_500_000, seed: 1)
        try commands.folder.write("large", bytes: 3 << 20, seed: 2)
        try commands.folder.write("taken", bytes: 1000, seed: 3)
        try commands.folder.write("empty", bytes: 0, seed: 4)
        try await withDevelopmentServer(.init(directory: commands.folder["server"])) { server in
            let ending = try await commands.shellWithSmallDisk(
                mebibytes: 2,
                """
                chmod 640 a; touch -d '2020-02-03 04:05:06.789' a; cp -p a kept; echo mine > small/taken
                upload-queue add a large taken empty --move-to small --to \(server.endpoint) &> ids && upload-queue run --drain --concurrency 1 &> done
                cmp kept small/a && stat -c '%a %y' small/a && ls -A small && ls a large taken 2>&1
                cat small/taken
                """
            )
            let lines = ending.output.split(separator: "\n").map(String.init)
            #expect(lines.first?.hasPrefix("640 2020-02-03 04:05:06.789") == true, "\(ending.output)")
            let left = "ls: cannot access 'a': No such file or directory"
            #expect(lines.dropFirst() == ["a", "empty", "taken", left, "large", "taken", "mine"], "\(ending.output)")
        }
        let rows = try await SQLiteShell.run(
            "SELECT last_error_code, source_settled, last_error FROM upload ORDER BY id",
            on: commands.database
        )
        #expect(rows[0] == "|1|" && rows[3] == "|1|")
        #expect(rows[1].hasPrefix("source_kept|1|\(commands.folder["large"]) stays, since it cannot be copied to "))
        #expect(rows[1].hasSuffix(": No space left on device"), "\(rows[1])")
        #expect(
            rows[2] == "source_kept|1|\(commands.folder["taken"]) stays, since there is a "
                + "\(commands.folder["small/taken"]) already"
        )
        for (name, seed, bytes) in [("large", 2, 3 << 20), ("taken", 3, 1000)] as [(String, UInt64, Int)] {
            let other = try TemporaryFolder()
            #expect(try Audit.digest(commands.folder[name]) == Audit.digest(other.write("x", bytes: bytes, seed: seed)))
        }
    }

    @Test(
        arguments: [
            ("chmod 500 in", "its folder may not be changed"), ("chmod 0 in", "its folder may not be changed"),
            ("chmod 0 in/file", "not the file any more"),
        ]
    )
    func aSourceThatMayNotGoStays(_ closed: String, _ words: String) async throws {
        let commands = try QueueCommands()
        try await withDevelopmentServer(.init(directory: commands.folder["server"])) { server in
            let ending = try await commands.shell(
                """
                mkdir in; echo x > in/file; upload-queue add in/file --to \(server.endpoint) && upload-queue run --drain &> done
                sqlite3 queue.db "UPDATE upload SET after_completion = 'delete'"
                \(closed); upload-queue run --drain &> done; echo $?; chmod 700 in; ls -A in
                """
            )
            #expect(ending.output == "1\n0\nfile\n")
        }
        let rows = try await SQLiteShell.run(
            "SELECT source_settled, last_error_code, last_error FROM upload",
            on: commands.database
        )
        #expect(
            rows.first?.hasPrefix("1|source_kept|\(commands.folder["in/file"]) stays") == true
                && rows[0].contains(words),
            "\(rows)"
        )
    }

    /// Another process adds for as long as its standard input is open, and is killed at last.
    @Test func aWorkerCollectsWhatAKilledAddLeftAndNotWhatIsBeingAdded() async throws {
        let commands = try QueueCommands()
        try await withDevelopmentServer(.init(directory: commands.folder["server"])) { server in
            let ending = try await commands.shell(
                """
                upload-queue destination add here --tus \(server.endpoint); mkfifo in
                copy() { find queue.db.spool -type f -size +0 2> /dev/null | grep -q .; }
                adds() {
                    '\(UploadQueueBinary.path)' add - --filename x --to here < in > ids & adder=$!
                    exec 3> in; echo first >&3; until copy; do :; done
                }
                adds; upload-queue run --drain &> done; copy && echo "kept while it is added"
                echo second >&3; exec 3>&-; wait $adder; cat ids; upload-queue run --drain &> done; copy || echo "gone with its upload"
                adds; kill -9 $adder; wait $adder 2> /dev/null; exec 3>&-; copy && echo "left by a kill"
                upload-queue run --drain &> done; copy || echo "collected"
                """
            )
            #expect(
                ending.output.split(separator: "\n").filter { !$0.contains("Killed") }
                    == ["kept while it is added", "1", "gone with its upload", "left by a kill", "collected"],
                "\(ending.output)"
            )
            let id = try await SQLiteShell.run("SELECT upload_url FROM upload", on: commands.database).first?.split(
                separator: "/"
            ).last
            let stored = FileManager.default.contents(atPath: commands.folder["server/\(id ?? "").bin"])
            #expect(stored == Data("first\nsecond\n".utf8))
        }
    }
}
#endif
