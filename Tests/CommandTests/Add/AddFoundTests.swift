import Foundation
import Testing

/// Files of folders and lists.
@Suite(.timeLimit(.minutes(10))) struct AddFoundTests {
    private let to = "--to http://127.0.0.1:9/files/"

    private func sources(_ commands: QueueCommands) async throws -> [String] {
        let prefix = commands.folder.path + "/"
        return try await commands.array("list", "--json").compactMap { $0["source_path"] as? String }
            .map { $0.replacing(prefix, with: "") }
    }

    @Test func aFolderIsAddedInOrderWithWhatFits() async throws {
        let commands = try QueueCommands()
        let made = try await commands.shell(
            """
            mkdir -p in/b/deep in/.hidden elsewhere && cd in && touch a.jpg b/1.JPG b/2.jpg b/deep/x.jpg z.txt .hidden/h.jpg
            echo > ../elsewhere/e; ln -s .. b/up; ln -s self self; ln -s nowhere dangling; ln -s ../elsewhere/e e.jpg
            ln -s ../elsewhere folder.jpg; mkfifo pipe.jpg
            """
        )
        #expect(made.status == 0)
        let all = try await commands.shell("upload-queue add --recursive in \(to)")
        #expect(all.status == 0 && all.output.hasSuffix("upload-queue: 7 added\n"), "\(all.output)")
        let inOrder = [
            "in/.hidden/h.jpg", "in/a.jpg", "in/b/1.JPG", "in/b/2.jpg", "in/b/deep/x.jpg", "in/e.jpg", "in/z.txt",
        ]
        #expect(try await sources(commands) == inOrder)

        let other = try QueueCommands()
        #expect(symlink(commands.folder["in"], other.folder["in"]) == 0)
        try other.write("named.txt")
        let some = try await other.shell(
            "upload-queue add named.txt --recursive in/ --include '*.jpg' --include '*.txt' --exclude '*/deep/*' \(to)"
        )
        #expect(some.status == 0)
        // What is named is wanted, whatever the patterns say.
        let fits = ["named.txt", "in/.hidden/h.jpg", "in/a.jpg", "in/b/2.jpg", "in/e.jpg", "in/z.txt"]
        #expect(try await sources(other) == fits)
    }

    @Test func theQueueDoesNotUploadItselfButItsNeighbours() async throws {
        let commands = try QueueCommands()
        let script = """
            mkdir q; ln -s q link; ln -s queue.db q/linked; touch q/a q/queue.db2 q/queue.db.txt
            export UPLOAD_QUEUE_DATABASE=link/queue.db
            echo kept | upload-queue add - --filename x \(to) && mv q/queue.db.spool/* q/queue.db.spool/x
            printf 'q/queue.db\\nq/queue.db-wal\\nlink/queue.db-shm\\nq/queue.db.spool/x\\nq/linked\\nq/a\\n' > list
            upload-queue add --recursive link/ \(to) 2>&1 && upload-queue add --from-file list \(to) 2>&1
            sqlite3 q/queue.db "SELECT replace(source_path, '$PWD/', '') FROM upload WHERE id > 1"
            """
        let ending = try await commands.shell(script)
        let told = ["1", "2", "3", "4", "upload-queue: 3 added", "5", "upload-queue: 1 added"]
        let added = ["link/a", "link/queue.db.txt", "link/queue.db2", "q/a"]
        #expect(ending.output.split(separator: "\n").map(String.init) == told + added)
    }

    @Test func namesOfAListMayHoldAnythingButAreText() async throws {
        let commands = try QueueCommands()
        let script = """
            mkdir in; touch "in/two
            lines" "in/ lead" 'in/ä"\\' in/plain; find in -type f -print0 | sort -z > list
            upload-queue add --null --from-file list \(to) > ids || exit 1
            cat list | upload-queue add --null --from-file - --unique \(to) 2>&1 | tail -1
            printf 'in/plain\\n\\nin/ lead' | upload-queue add --from-file - \(to) 2>&1 | tail -1
            """
        let ending = try await commands.shell(script)
        #expect(ending.output == "upload-queue: 4 added\nupload-queue: 4 added\nupload-queue: 2 added\n")
        let names = try await sources(commands)
        #expect(Set(names) == ["in/two\nlines", "in/ lead", #"in/ä"\"#, "in/plain"])
        #expect(names.count == 10)
    }

    @Test func aBadOneEndsItOrIsLeftOut() async throws {
        let commands = try QueueCommands()
        let made = try await commands.shell(
            #"""
            mkdir -p in/closed in/unlisted in/z; touch in/a in/closed/x in/unlisted/x in/z/z in/locked
            touch "in/$(printf 'caf\351')"; chmod 0 in/closed in/locked; chmod 400 in/unlisted
            """#
        )
        #expect(made.status == 0)
        let ends = try await commands.shell(
            "upload-queue add --json --recursive in \(to) 2> errors; s=$?; cat errors >&2; exit $s"
        )
        #expect(ends.status == 66)
        #expect(ends.output.hasPrefix("[]\nupload-queue: "), "\(ends.output)")
        #expect(ends.output.hasSuffix("0 added; what was added stays\n"))
        #expect(try await sources(commands).isEmpty)

        let goes = try await commands.shell(
            "upload-queue add --keep-going --json --recursive in --recursive missing --from-file gone \(to) 2> errors; "
                + "s=$?; cat errors >&2; exit $s"
        )
        _ = try await commands.shell("chmod -R 700 in")
        #expect(goes.status == 66)
        let json = try #require(goes.output.split(separator: "upload-queue: ").first)
        let added = try #require(QueueCommands.json(String(json)) as? [[String: Any]])
        #expect(added.map { $0["source_path"] as? String } == ["in/a", "in/z/z"].map { commands.folder[$0] })
        for words in [
            #"in/caf\xE9 is not UTF-8"#, "the folder in/closed cannot be read: Permission denied",
            "in/locked may not be read by this user", "in/unlisted/x may not be read by this user",
            "the folder missing cannot be read: No such file", "the list gone cannot be read: No such file",
            "upload-queue: 2 added, 6 left out\n",
        ] { #expect(goes.output.contains(words), "\(words): \(goes.output)") }
    }

    /// What was added before an error stays, and its array is whole.
    @Test func whatWasAddedBeforeABadOneIsTold() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        try commands.write("list", String(repeating: "a\n", count: 600) + "missing\n")
        let ending = try await commands.run("add", "--json", "--from-file", "list", "--to", "http://127.0.0.1:9/")
        #expect(ending.status == 66)
        #expect((QueueCommands.json(ending.output) as? [[String: Any]])?.count == 500)
        #expect(ending.errors.contains("missing does not exist"))
        #expect(ending.errors.hasSuffix("upload-queue: 500 added; what was added stays\n"))
        let named = try await commands.add(Array(repeating: "a", count: 600), "--to", "http://127.0.0.1:9/")
        #expect(named.status == 0 && named.lines.count == 600)
        #expect(named.lines.last == "1100")
    }

    @Test func aKeyIsKeptReplacedOrRefused() async throws {
        let commands = try QueueCommands()
        for name in ["a", "b"] { try commands.write(name) }
        func add(_ options: String) async throws -> String {
            let ending = try await commands.shell("upload-queue add \(options) \(to) 2>&1")
            return "\(ending.status) \(ending.output)"
        }
        #expect(try await add("a --unique-key k") == "0 1\n")
        #expect(try await add("b --unique-key k --json").contains(#""id":1,"is_new":false"#))
        #expect(
            try await add("b --unique-key k --if-exists fail")
                == "1 upload-queue: \(commands.folder["b"]) was added before, as upload 1\n"
        )
        #expect(try await add("b --unique-key k --if-exists replace") == "0 1\n")
        try await commands.output("cancel", "1")
        #expect(try await add("b --unique-key k --if-exists replace") == "0 2\n")
        #expect(try await add("a b --unique") == "0 3\n4\n")
        #expect(try await add("a b --unique") == "0 3\n4\n")
        #expect(try await add("a --if-exists fail").hasPrefix("64 "))
        #expect(try await commands.array("list", "--json").count == 4)
    }

    @Test func standardInputIsKept() async throws {
        let commands = try QueueCommands()
        let ending = try await commands.run(
            "add",
            "-",
            "--filename",
            "x.txt",
            "--to",
            "http://127.0.0.1:9/",
            "--json",
            input: "some bytes"
        )
        #expect(ending.status == 0, "\(ending.errors)")
        let added = try #require(QueueCommands.json(ending.output) as? [[String: Any]])
        let path = try #require(added.first?["source_path"] as? String)
        #expect(FileManager.default.contents(atPath: path) == Data("some bytes".utf8))
        let refused = try await commands.run("add", "-", "--to", "http://127.0.0.1:9/", input: "x")
        #expect(refused.status == 64)
    }
}
