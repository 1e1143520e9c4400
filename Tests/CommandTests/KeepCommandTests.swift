import Foundation
import Testing

/// `limit` and `prune`.
@Suite struct KeepCommandTests {
    private static func queue() async throws -> QueueCommands {
        let commands = try QueueCommands()
        for name in ["a", "b", "c"] { try commands.write(name) }
        try await commands.output("add", "a", "b", "c", "--to", "http://a.example/")
        return commands
    }

    @Test func limitsAreSetShownAndTakenAway() async throws {
        let commands = try await Self.queue()
        try await commands.output("limit", "--concurrency", "3", "--rate", "10MiB")
        try await commands.output("limit", "--destination", "http://a.example/", "--concurrency", "1")
        let shown = try await commands.object("limit", "--json")
        #expect(shown["concurrency"] as? Int == 3 && shown["bytes_per_second"] as? Int == 10 << 20)
        let destination = try await commands.object("destination", "show", "http://a.example/", "--json")
        #expect(destination["concurrency"] as? Int == 1)
        #expect(try await commands.output("status").contains("at most 3 in hand; at most 10.0 MiB/s"))
        #expect(try await commands.output("limit", "--rate", "none").contains("none"))
        #expect(try await commands.object("limit", "--json")["concurrency"] as? Int == 3, "what is not named stays")
    }

    @Test(arguments: [
        ["--concurrency", "0"], ["--concurrency", "x"], ["--rate", "1000"], ["--rate", "fast"], ["--rate", "-1"],
    ])
    func whatIsNoLimitIsWrongUsage(arguments: [String]) async throws {
        let commands = try await Self.queue()
        let ending = try await Command.run(
            ["limit"] + arguments,
            in: commands.folder,
            environment: commands.environment
        )
        #expect(ending.status == 64)
        #expect(try await commands.run("limit", "--destination", "none", "--rate", "1MiB").status == 66)
    }

    @Test func aSavedDestinationKeepsItsTerms() async throws {
        let commands = try await Self.queue()
        try await commands.output(
            "destination",
            "add",
            "slow",
            "--tus",
            "http://s.example/",
            "--concurrency",
            "2",
            "--rate",
            "1MiB",
            "--max-attempts",
            "7",
            "--longest-delay",
            "60"
        )
        try await commands.output("pause", "--destination", "slow")
        let shown = try await commands.object("destination", "show", "slow", "--json")
        #expect(shown["concurrency"] as? Int == 2 && shown["bytes_per_second"] as? Int == 1 << 20)
        #expect(shown["max_attempts"] as? Int == 7 && shown["longest_delay"] as? Int == 60)
        #expect(shown["paused"] as? Bool == true)
        try await commands.output("destination", "add", "slow", "--tus", "http://t.example/")
        let changed = try await commands.object("destination", "show", "slow", "--json")
        #expect(changed["paused"] as? Bool == true, "to save one does not resume it")
        #expect(changed["concurrency"] as? Int == 2, "nor does it take a limit away that it does not name")
        #expect(changed["max_attempts"] is NSNull)
    }

    @Test func pruneRemovesWhatIsFinishedAndItsHistory() async throws {
        let commands = try await Self.queue()
        #expect(try await commands.output("prune") == "0 uploads and 0 events removed\n")
        try await commands.output("cancel", "1", "2")
        #expect(try await commands.output("prune", "--older-than", "1h") == "0 uploads and 0 events removed\n")
        #expect(try await commands.output("prune", "--status", "completed") == "0 uploads and 0 events removed\n")
        #expect(try await commands.output("prune", "--keep", "1") == "1 uploads and 2 events removed\n")
        #expect(try await commands.array("list", "--json").map { $0["id"] as? Int } == [2, 3])
        #expect(try await commands.object("prune", "--json")["uploads"] as? Int == 1)
        #expect(try await commands.run("prune", "--status", "pending").status == 64)
        let events = try await SQLiteShell.run("SELECT DISTINCT upload_id FROM upload_event", on: commands.database)
        #expect(events == ["3"])
    }

    @Test func pruneLeavesWhatAConsumerHasNotRead() async throws {
        let commands = try await Self.queue()
        _ = try await commands.output("events", "--consumer", "slow", "--limit", "1")
        try await commands.output("cancel", "1", "2")
        #expect(try await commands.output("prune") == "2 uploads and 1 events removed\n")
        #expect(try await commands.output("events", "--consumer", "slow").split(separator: "\n").count == 4)
        #expect(try await commands.output("prune") == "0 uploads and 3 events removed\n")
    }
}
