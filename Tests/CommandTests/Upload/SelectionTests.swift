import Testing

/// Uploads that are named by what they have in common, and what is paused as a whole.
@Suite struct SelectionTests {
    private static func queue() async throws -> QueueCommands {
        let commands = try QueueCommands()
        for name in ["a", "b", "c", "d"] { try commands.write(name) }
        try await commands.output("add", "a", "b", "--to", "http://a.example/", "--batch", "x", "--tag", "red")
        try await commands.output("add", "c", "--to", "http://a.example/", "--tag", "red", "--tag", "new")
        try await commands.output("add", "d", "--to", "http://b.example/", "--batch", "y", "--priority", "7")
        return commands
    }

    @Test func listsByBatchAndTag() async throws {
        let commands = try await Self.queue()
        #expect(try await commands.array("list", "--json", "--batch", "x").map { $0["id"] as? Int } == [1, 2])
        let tagged = try await commands.array("list", "--json", "--tag", "red")
        #expect(tagged.map { $0["id"] as? Int } == [1, 2, 3])
        #expect(tagged.last?["tags"] as? [String] == ["new", "red"])
        #expect(tagged.map { $0["batch"] as? String } == ["x", "x", nil])
        #expect(try await commands.object("show", "4", "--json")["priority"] as? Int == 7)
        #expect(try await commands.output("show", "3").contains("new, red"))
    }

    @Test func cancelsRetriesAndRemovesByWhatTheyHaveInCommon() async throws {
        let commands = try await Self.queue()
        #expect(try await commands.output("cancel", "--batch", "x") == "1  cancelled\n2  cancelled\n")
        #expect(try await commands.output("cancel", "--tag", "new") == "3  cancelled\n")
        #expect(try await commands.output("cancel", "--destination", "http://b.example/") == "4  cancelled\n")
        #expect(try await commands.run("cancel", "--all").errors == "upload-queue: no such upload\n")
        #expect(try await commands.output("retry", "2") == "2  pending\n")
        #expect(try await commands.output("remove", "--batch", "x") == "1  removed\n")
        let left = try await commands.array("remove", "--all", "--json")
        #expect(left.map { $0["id"] as? Int } == [3, 4])
        #expect(try await commands.array("list", "--json").map { $0["id"] as? Int } == [2])
        let refused = try await commands.run("remove", "2")
        #expect(refused.status == 1)
        #expect(refused.errors == "upload-queue: upload 2 is pending; cancel it first\n")
    }

    @Test(arguments: [
        ["cancel"], ["cancel", "1", "--all"], ["cancel", "1", "--batch", "x"], ["pause"], ["pause", "1", "--queue"],
        ["resume", "--all", "--queue"], ["remove"], ["retry"],
    ])
    func whatNamesNothingOrTooMuchIsWrongUsage(arguments: [String]) async throws {
        let commands = try await Self.queue()
        let ending = try await Command.run(arguments, in: commands.folder, environment: commands.environment)
        #expect(ending.status == 64)
        #expect(try await commands.array("list", "--json").allSatisfy { $0["status"] as? String == "pending" })
    }

    @Test(arguments: [["--batch", "none"], ["--destination", "none"]])
    func whatIsNotThereIsTold(filter: [String]) async throws {
        let commands = try await Self.queue()
        for verb in ["cancel", "pause"] {
            let ending = try await Command.run([verb] + filter, in: commands.folder, environment: commands.environment)
            #expect(ending.status == 66)
            #expect(ending.errors.contains("there is no"))
        }
    }

    @Test func aScopeIsPausedAndResumedAsAWhole() async throws {
        let commands = try await Self.queue()
        #expect(try await commands.output("pause", "--batch", "x") == "batch x  paused\n")
        #expect(
            try await commands.output("pause", "--destination", "http://b.example/", "--queue").split(separator: "\n")
                == [
                    "queue  paused", "destination http://b.example/  paused",
                ]
        )
        let status = try await commands.object("status", "--json")
        #expect(status["paused"] as? Bool == true)
        #expect(try await commands.output("status").contains("(paused: `upload-queue resume --queue` lets it go on)"))
        try await commands.output("resume", "--queue")
        let waiting = try await commands.object("status", "--json")["waiting"] as? [[String: Any]]
        #expect(waiting?.map { $0["reason"] as? String } == ["batch_paused", "worker", "destination_paused"])
        #expect(waiting?.map { $0["detail"] as? String } == ["x", nil, "http://b.example/"])
        #expect(waiting?.map { $0["uploads"] as? Int } == [2, 1, 1])
        let listed = try await commands.output("list").split(separator: "\n")
        #expect(listed.dropFirst().map { $0.contains("batch paused") } == [true, true, false, false])
        #expect(listed.last?.contains("destination paused") == true)
        let story = try await commands.output("show", "1")
        #expect(story.contains("Waits: the batch is paused."))
        #expect(story.contains("`upload-queue resume --batch x` lets it go on"))
        let note = try await SQLiteShell.run(
            "SELECT coalesce(note, '-') FROM upload_status ORDER BY id",
            on: commands.database
        )
        #expect(note == ["batch paused", "batch paused", "-", "destination paused"])
    }

    @Test func pausedOnesAreResumedByTheirErrorOrAll() async throws {
        let commands = try await Self.queue()
        try await commands.output("pause", "1", "3")
        #expect(
            try await commands.run("resume", "--error", "quota_exceeded").errors == "upload-queue: no such upload\n"
        )
        #expect(try await commands.output("resume", "--all") == "1  pending\n3  pending\n")
    }
}
