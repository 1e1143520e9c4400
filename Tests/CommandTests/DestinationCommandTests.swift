import Foundation
import Testing

@Suite struct DestinationCommandTests {
    @Test func savesShowsListsAndRemoves() async throws {
        let commands = try QueueCommands()
        try await commands.output(
            "destination",
            "add",
            "archive",
            "--tus",
            "https://tus.example.org/files/",
            "--header",
            "X-Team: bees",
            "--header",
            "Authorization: env:TUS_TOKEN",
            "--metadata",
            "Project=a=b",
            "--chunk-size",
            "8MiB"
        )
        try await commands.output("destination", "add", "media", "--wix")

        let list = try await commands.output("destination", "list").split(separator: "\n")
        try #require(list.count == 3)
        #expect(list[1].split(separator: " ") == ["archive", "tus", "https://tus.example.org/files/"])
        #expect(list[2].hasPrefix("media    wix"))

        let shown = try await commands.output("destination", "show", "archive")
        #expect(shown.contains("header      X-Team: bees\n"))
        #expect(shown.contains("header      Authorization: env:TUS_TOKEN\n"))
        #expect(shown.contains("metadata    Project=a=b\n"))
        #expect(shown.contains("chunk size  8388608 bytes (8.0 MiB)\n"))

        let object = try await commands.object("destination", "show", "archive", "--json")
        #expect(object["name"] as? String == "archive")
        #expect(object["endpoint"] as? String == "https://tus.example.org/files/")
        #expect(object["headers"] as? [String: String] == ["X-Team": "bees", "Authorization": "env:TUS_TOKEN"])
        #expect(object["metadata"] as? [String: String] == ["Project": "a=b"])
        #expect(object["chunk_size"] as? Int == 8 << 20)
        #expect(object["finalize"] as? String == "none")
        let array = try await commands.array("destination", "list", "--json")
        #expect(array.map { $0["finalize"] as? String } == ["none", "wix"])
        #expect(array.last?.keys.contains("endpoint") == true)

        try await commands.output("destination", "remove", "archive")
        #expect(try await commands.array("destination", "list", "--json").count == 1)
    }

    @Test func addingAgainChangesIt() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://one.example/")
        try await commands.output("destination", "add", "a", "--tus", "http://two.example/")
        #expect(
            try await commands.object("destination", "show", "a", "--json")["endpoint"] as? String
                == "http://two.example/"
        )
    }

    @Test(
        arguments: [
            (["--tus", "ftp://example.org/"], "not an http or https URL"),
            (["--tus", "example.org"], "not an http or https URL"),
            ([], "one of --tus URL, --wix"),
            (["--tus", "http://a.example/", "--wix"], "one of --tus URL, --wix"),
            (["--wix", "--chunk-size", "1"], "are for --tus"),
            (["--tus", "http://a.example/", "--chunk-size", "0"], "chunk size"),
            (["--tus", "http://a.example/", "--chunk-size", "8 apples"], "8 apples"),
            (["--tus", "http://a.example/", "--metadata", "=v"], "KEY=VALUE"),
            (["--tus", "http://a.example/", "--metadata", "a=1", "--metadata", "a=2"], "given twice"),
            (["--tus", "http://a.example/", "--header", "X-A: 1", "--header", "x-a: 2"], "given twice"),
            (["--tus", "http://a.example/", "--header", "no colon"], "'Name: value'"),
            (["--tus", "http://a.example/", "--header", "Bad Name: v"], "not a legal one"),
        ]
    )
    func refusesWrongUsage(_ arguments: [String], _ message: String) async throws {
        let commands = try QueueCommands()
        let ending = try await Command.run(
            ["destination", "add", "a", "--database", commands.database] + arguments,
            in: commands.folder
        )
        #expect(ending.status == 64)
        #expect(ending.errors.hasPrefix("upload-queue: "))
        #expect(ending.errors.contains(message))
    }

    @Test func storesNoCredentials() async throws {
        let commands = try QueueCommands()
        for header in ["Authorization: Bearer hunter2", "cookie: hunter2"] {
            let ending = try await commands.run(
                "destination",
                "add",
                "a",
                "--tus",
                "http://a.example/",
                "--header",
                header
            )
            #expect(ending.status == 64)
            #expect(ending.errors.contains("env:NAME"))
            #expect(!ending.errors.contains("hunter2"))
        }
        #expect(!FileManager.default.fileExists(atPath: commands.database))
    }

    @Test func unknownAndUsedOnesAreRefused() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        try await commands.output("destination", "add", "here", "--tus", "http://a.example/")
        try await commands.output("add", "a", "--to", "here")
        for (arguments, status, message) in [
            (["show", "there"], 66, "there is no destination there"),
            (["remove", "there"], 66, "there is no destination there"),
            (["remove", "here"], 1, "uploads use it"),
        ] as [([String], Int32, String)] {
            let ending = try await Command.run(
                ["destination"] + arguments + ["--database", commands.database],
                in: commands.folder
            )
            #expect(ending.status == status)
            #expect(ending.errors.contains(message))
        }
    }
}
