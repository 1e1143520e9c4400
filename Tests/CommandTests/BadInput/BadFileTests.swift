import DevelopmentServer
import Foundation
import Testing

/// Files that cannot be uploaded: each is named, nothing is lost, and the others can go on.
@Suite(.timeLimit(.minutes(10))) struct BadFileTests {
    /// A kind of file that is refused, made by a shell command, and the words that name it.
    struct Kind: Sendable, CustomTestStringConvertible {
        var made: String
        var name: String
        var words: String
        var testDescription: String { made }

        init(_ made: String, _ words: String, name: String = "bad") {
            self.made = made
            self.words = words
            self.name = name
        }
    }

    static let kinds = [
        Kind("true", "does not exist"),
        Kind("mkdir bad", "is a directory"),
        Kind("mkfifo bad", "is no regular file"),
        Kind("ln -s nowhere bad", "does not exist"),
        Kind("ln -s bad bad", "bad"),
        Kind("echo x > bad && chmod 0 bad", "may not be read"),
        Kind("mkdir closed && echo x > closed/bad && chmod 0 closed", "closed/bad", name: "closed/bad"),
        Kind("echo x > good/bad || true", "good/bad", name: "good/bad"),
    ]

    @Test(arguments: kinds) func addsNoneUnlessTheOthersAreWanted(_ kind: Kind) async throws {
        let commands = try QueueCommands()
        for name in ["good", "better"] { try commands.write(name) }
        try await commands.output("destination", "add", "here", "--tus", "http://a.example/")
        #expect(try await commands.shell(kind.made + " 2> /dev/null").status == 0)

        let alone = try await commands.shell("upload-queue add '\(kind.name)' --to here")
        #expect(alone.status == 66)
        #expect(alone.output.contains("\(commands.folder[kind.name])") && alone.output.contains(kind.words))
        #expect(alone.output.split(separator: "\n").count == 1, "\(alone.output)")
        let none = try await commands.shell("upload-queue add good '\(kind.name)' better --to here")
        #expect(none.status == 66)
        #expect(none.output.hasSuffix("upload-queue: nothing was added\n"))
        #expect(try await commands.array("list", "--json").isEmpty)

        let some = try await commands.shell("upload-queue add --keep-going good '\(kind.name)' better --to here")
        #expect(some.status == 66)
        #expect(some.output.contains(kind.words) && some.output.contains("2 of 3 files were added"))
        let added = try await commands.array("list", "--json").map { $0["source_path"] as? String }
        #expect(added == ["good", "better"].map { commands.folder[$0] })
        try await commands.expectWholeDatabase()
        _ = try await commands.shell("chmod 700 closed 2> /dev/null")
    }

    /// Wix refuses empty files, and to learn that from it would use up the grant.
    @Test func anEmptyFileIsRefusedForWix() async throws {
        let commands = try QueueCommands()
        try commands.write("empty", "")
        let grant = #"{"uploadUrl":"http://localhost/upload/tus","uploadToken":"s3cret"}"#
        let ending = try await commands.run("add", "empty", "--grant", "-", input: grant)
        #expect(ending.status == 66)
        #expect(ending.errors.contains("\(commands.folder["empty"]) is empty, and Wix takes no empty files"))
        #expect(try await commands.array("list", "--json").isEmpty)
    }

    @Test func aNameThatIsNotUTF8IsOneBadFileAmongOthers() async throws {
        let commands = try QueueCommands()
        for name in ["good", "better"] { try commands.write(name) }
        try await commands.output("destination", "add", "here", "--tus", "http://a.example/")
        let script = "bad=$(printf 'caf\\351.tif'); echo x > \"$bad\"; upload-queue add good \"$bad\" better --to here"
        let none = try await commands.shell(script)
        #expect(none.status == 66)
        #expect(none.output.contains(#"caf\xE9.tif is not UTF-8"#))
        #expect(try await commands.array("list", "--json").isEmpty)
        let some = try await commands.shell(script + " --keep-going")
        #expect(some.status == 66)
        #expect(try await commands.array("list", "--json").count == 2)
    }

    /// What the server announces is found out before anything is sent to it.
    @Test func aFileLargerThanTheServerTakesIsNotSent() async throws {
        let commands = try QueueCommands()
        try commands.write("large", String(repeating: "x", count: 1001))
        try commands.write("fits", String(repeating: "x", count: 1000))
        var configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        configuration.maximumSize = 1000
        try await withDevelopmentServer(configuration) { server in
            try await commands.output("add", "large", "fits", "--to", server.endpoint)
            let ending = try await commands.run("run", "--drain")
            #expect(ending.status == 1)
            #expect(ending.output.contains("file_too_large") && ending.output.contains("1000"))
            let rows = try await SQLiteShell.run("SELECT status, upload_url IS NULL FROM upload", on: commands.database)
            #expect(rows == ["failed|1", "completed|0"])
            #expect(server.requests().filter { $0.method == "POST" }.count == 1)
        }
        try await commands.expectWholeDatabase()
    }

    /// A file that was good when it was added.
    @Test(
        arguments: [
            ("rm a", "source_missing"),
            ("rm a && mkdir a", "source_not_a_file"),
            ("rm a && mkfifo a", "source_not_a_file"),
            ("chmod 0 a", "source_unreadable"),
            ("echo more >> a", "source_changed"),
            ("echo elsewhere > b && mv b a", "source_changed"),
        ]
    )
    func aFileThatTurnedBadFailsItsUploadOnly(_ change: String, _ code: String) async throws {
        let commands = try QueueCommands()
        for name in ["a", "good"] { try commands.write(name) }
        let configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        try await withDevelopmentServer(configuration) { server in
            try await commands.output("add", "a", "good", "--to", server.endpoint)
            #expect(try await commands.shell(change).status == 0)
            let ending = try await commands.shell("upload-queue run --drain")
            #expect(ending.status == 1)
            #expect(ending.output.contains("\(code): \(commands.folder["a"])"))
        }
        let rows = try await SQLiteShell.run("SELECT status, last_error_code FROM upload", on: commands.database)
        #expect(rows == ["failed|\(code)", "completed|"])
    }
}
