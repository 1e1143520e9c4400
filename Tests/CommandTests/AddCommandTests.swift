import Foundation
import Testing

@Suite struct AddCommandTests {
    private static let grant =
        #"{"uploadProtocol":"TUS","uploadUrl":"http://localhost/upload/tus","uploadToken":"s3cret"}"#

    @Test func printsIDsAndKeepsWhatWasSaid() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        try commands.write("b +ä.txt")
        try await commands.output("destination", "add", "here", "--tus", "http://a.example/")
        #expect(try await commands.output("add", "a", "./b +ä.txt", "--to", "here", "--metadata", "k=v") == "1\n2\n")
        let third = try await commands.output(
            "add",
            "a",
            "--to",
            "here",
            "--filename",
            "other.tif",
            "--content-type",
            "image/tiff"
        )
        #expect(third == "3\n")

        let uploads = try await commands.array("list", "--json")
        #expect(uploads.map { $0["source_path"] as? String } == ["a", "b +ä.txt", "a"].map { commands.folder[$0] })
        #expect(uploads.map { $0["upload_length"] as? Int } == [11, 11, 11])
        #expect(uploads.last?["filename"] as? String == "other.tif")
        #expect(uploads.last?["content_type"] as? String == "image/tiff")
        let metadata = try await SQLiteShell.run("SELECT metadata FROM upload ORDER BY id", on: commands.database)
        #expect(metadata == [#"{"k":"v"}"#, #"{"k":"v"}"#, "{}"])
    }

    @Test func oneBadFileAddsNoneAndEachIsNamed() async throws {
        let commands = try QueueCommands()
        try commands.write("good")
        try await commands.output("destination", "add", "here", "--tus", "http://a.example/")
        let ending = try await commands.run("add", "good", "missing", commands.folder["home"], "--to", "here")
        #expect(ending.status == 66)
        #expect(ending.output.isEmpty)
        let errors = ending.errors.split(separator: "\n")
        try #require(errors.count == 3)
        #expect(errors[0].hasPrefix("upload-queue: \(commands.folder["missing"]) does not exist"))
        #expect(errors[1].hasPrefix("upload-queue: \(commands.folder["home"]) is a directory; name the files in it"))
        #expect(errors[2] == "upload-queue: nothing was added")
        #expect(try await commands.array("list", "--json").isEmpty)
    }

    @Test func badFileSavesNoDestinationEither() async throws {
        let commands = try QueueCommands()
        #expect(try await commands.run("add", "missing", "--to", "http://a.example/").status == 66)
        #expect(!FileManager.default.fileExists(atPath: commands.database))
    }

    @Test func aURLIsSavedAsADestinationOnce() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        for _ in 1...2 { try await commands.output("add", "a", "--to", "http://a.example/files/") }
        let destinations = try await commands.array("destination", "list", "--json")
        #expect(destinations.map { $0["name"] as? String } == ["http://a.example/files/"])
        #expect(destinations.map { $0["endpoint"] as? String } == ["http://a.example/files/"])
    }

    @Test func unknownDestinationIsRefused() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        let ending = try await commands.run("add", "a", "--to", "nowhere")
        #expect(ending.status == 66)
        #expect(ending.errors.contains("there is no destination nowhere"))
    }

    @Test func grantsComeFromAFileOrStandardInputAndAreNeverShown() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        try commands.write("grant.json", Self.grant)
        #expect(try await commands.output("add", "a", "--grant", "grant.json") == "1\n")
        #expect(try await commands.output("add", "a", "--grant", "-", "--to", "wix", input: Self.grant) == "2\n")
        let stored = try await SQLiteShell.run("SELECT destination, upload_token FROM upload", on: commands.database)
        #expect(stored == ["wix|s3cret", "wix|s3cret"])
        for arguments in [["list"], ["list", "--json"], ["show", "1"], ["show", "1", "--json"], ["status"]] {
            let ending = try await Command.run(arguments + ["--database", commands.database], in: commands.folder)
            #expect(ending.status == 0)
            #expect(!ending.output.contains("s3cret"))
        }
    }

    @Test func badGrantsAreRefused() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        for input in [
            "", "not JSON", #"{"uploadUrl":"http://localhost/"}"#, #"{"uploadUrl":"x","uploadToken":"s3cret"}"#,
        ] {
            let ending = try await commands.run("add", "a", "--grant", "-", input: input)
            #expect(ending.status == 65)
            #expect(ending.errors.contains("grant"))
            #expect(!ending.errors.contains("s3cret"))
        }
        let missing = try await commands.run("add", "a", "--grant", "missing.json")
        #expect(missing.status == 66)
        #expect(missing.errors.contains("missing.json"))
        let none = try await commands.run("add", "a", "--grant", "-", "--to", "http://a.example/", input: Self.grant)
        #expect(none.status == 0, "a tus server may take a grant, too")
    }

    @Test func destinationThatNeedsAGrantTakesNothingWithoutOne() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        try await commands.output("destination", "add", "media", "--wix")
        let ending = try await commands.run("add", "a", "--to", "media")
        #expect(ending.status == 1)
        #expect(ending.errors.contains("grant"))
    }

    @Test(
        arguments: [
            (["a"], "--to"),
            (["--to", "here"], "<file>"),
            (["a", "b", "--to", "here", "--filename", "c"], "single file"),
            (["a", "b", "--grant", "-"], "single file"),
            (["a", "--to", "here", "--metadata", "novalue"], "KEY=VALUE"),
        ]
    )
    func refusesWrongUsage(_ arguments: [String], _ message: String) async throws {
        let commands = try QueueCommands()
        for name in ["a", "b"] { try commands.write(name) }
        try await commands.output("destination", "add", "here", "--tus", "http://a.example/")
        let ending = try await Command.run(["add", "--database", commands.database] + arguments, in: commands.folder)
        #expect(ending.status == 64)
        #expect(ending.errors.contains(message))
        #expect(try await commands.array("list", "--json").isEmpty)
    }
}
