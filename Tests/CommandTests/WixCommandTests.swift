import DevelopmentServer
import Foundation
import Testing

/// Wix from the command line, with the stand-in as its API.
@Suite(.timeLimit(.minutes(10))) struct WixCommandTests {
    private static let key = "IST.hunter2"

    @Test func aSiteAndAKeyAreAllItNeeds() async throws {
        let commands = try QueueCommands()
        try commands.write("photo {1} \"ü\".jpg")
        try await withDevelopmentServer(.init(directory: commands.folder["server"])) { server in
            try await commands.output(
                "destination",
                "add",
                "media",
                "--wix",
                "--site-id",
                "S",
                "--api-key",
                "env:WIX_API_KEY",
                "--file-path",
                "/scans/{2026}",
                "--label",
                "a",
                "--private",
                "--verify-md5",
                "--api",
                server.origin
            )
            try await commands.output("add", "photo {1} \"ü\".jpg", "--to", "media")
            let environment = ["WIX_API_KEY": Self.key]
            let run = try await commands.output("run", "--drain", environment: environment)
            #expect(run.hasPrefix("1  completed"))
            let shown = try await commands.object("show", "1", "--json")
            let response = try #require(shown["response"] as? String)
            let file = try #require((QueueCommands.json(response) as? [String: Any])?["file"] as? [String: Any])
            #expect(file["displayName"] as? String == "photo {1} \"ü\".jpg")
            #expect(file["labels"] as? [String] == ["a"] && file["private"] as? Bool == true)
            let story = try await commands.output("show", "1")
            #expect(
                story.contains("the host gave a grant")
                    && story.contains("the host was asked whether the file is ready")
            )
            for arguments in [
                ["list"], ["show", "1", "--json"], ["destination", "show", "media"], ["status", "--json"],
            ] {
                let ending = try await Command.run(arguments + ["--database", commands.database], in: commands.folder)
                #expect(ending.status == 0 && !ending.output.contains("hunter2"))
            }
            #expect(server.requests().filter(\.authorization).map(\.step) == [.mint, .confirm])
        }
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: commands.database + suffix) {
            let bytes = try Data(contentsOf: URL(filePath: commands.database + suffix))
            #expect(bytes.range(of: Data("hunter2".utf8)) == nil)
        }
    }

    @Test(
        arguments: [
            (["--wix", "--site-id", "S"], "--api-key is env:NAME"),
            (["--wix", "--site-id", "S", "--api-key", "hunter2"], "--api-key is env:NAME"),
            (["--wix", "--api-key", "env:K"], "--site-id or --account-id"),
            (["--wix", "--site-id", "S", "--account-id", "A", "--api-key", "env:K"], "--site-id or --account-id"),
            (["--tus", "http://a.example/", "--site-id", "S", "--api-key", "env:K"], "are for --wix"),
            (["--wix", "--file", "x.json"], "one of --tus URL, --wix"),
            (["--file", "x.json", "--header", "A: b"], "are for --tus"),
            (["--wix", "--site-id", "S", "--api-key", "env:K", "--api", "ftp://a/"], "not an http or https URL"),
        ]
    )
    func wrongUsageIsToldAndNothingIsMade(_ arguments: [String], _ words: String) async throws {
        let commands = try QueueCommands()
        let ending = try await Command.run(
            ["destination", "add", "a", "--database", commands.database] + arguments,
            in: commands.folder
        )
        #expect(ending.status == 64, "\(ending.errors)")
        #expect(ending.errors.contains(words) && !ending.errors.contains("hunter2"), "\(ending.errors)")
        #expect(!FileManager.default.fileExists(atPath: commands.database))
    }

    @Test func aConfigurationThatCannotBeReadOrIsWrongIsTold() async throws {
        let commands = try QueueCommands()
        let missing = try await commands.run("destination", "add", "a", "--file", "none.json")
        #expect(missing.status == 66 && missing.errors.contains("none.json"))
        try commands.write("wrong.json", #"{"version":1,"endpoint":"https://a/","chunck":{}}"#)
        let wrong = try await commands.run("destination", "add", "a", "--file", "wrong.json")
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains("wrong.json") && wrong.errors.contains("$.chunck: this key is not known"))
        #expect(!FileManager.default.fileExists(atPath: commands.database))
    }

    @Test func aPersonSettlesAnUnknownOutcome() async throws {
        let commands = try QueueCommands()
        for name in ["a.jpg", "b.jpg"] { try commands.write(name) }
        var configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        configuration.faults = [Fault(.step(.finalize), .status(404), times: 2)]
        try await withDevelopmentServer(configuration) { server in
            try await commands.output(
                "destination",
                "add",
                "media",
                "--wix",
                "--site-id",
                "S",
                "--api-key",
                "env:HOME",
                "--api",
                server.origin
            )
            try await commands.output("add", "a.jpg", "b.jpg", "--to", "media")
            #expect(try await commands.run("run", "--drain").status == 1)
            let story = try await commands.output("show", "1")
            #expect(story.contains("upload-queue mark-completed 1"))
            #expect(try await commands.output("mark-completed", "1") == "1  completed\n")
            #expect(try await commands.output("retry", "2", "--from", "start") == "2  pending\n")
            #expect(try await commands.run("run", "--drain").status == 0)
            #expect(try await commands.run("mark-completed", "1").status == 1)
        }
        let rows = try await SQLiteShell.run("SELECT status, upload_token IS NULL FROM upload", on: commands.database)
        #expect(rows == ["completed|1", "completed|1"])
    }
}
