import DevelopmentServer
import Foundation
import Testing

/// `batch`, `wait` and `events`.
@Suite struct BatchCommandTests {
    private static func queue(at endpoint: String = "http://a.example/") async throws -> QueueCommands {
        let commands = try QueueCommands()
        for name in ["a", "b"] { try commands.write(name) }
        try await commands.output("add", "a", "b", "--to", endpoint, "--batch", "scans")
        return commands
    }

    @Test func tellsHowABatchStands() async throws {
        let commands = try await Self.queue()
        let batch = try #require(try await commands.array("batch", "list", "--json").first)
        #expect(batch["name"] as? String == "scans" && batch["state"] as? String == "open")
        #expect(batch["uploads"] as? Int == 2 && batch["unfinished"] as? Int == 2)
        #expect(try await commands.output("batch", "list").split(separator: "\n").count == 2)
        try await commands.output("cancel", "1")
        #expect(try await commands.output("batch", "close", "scans") == "scans  closed, 1 of 2 unfinished\n")
        let refused = try await commands.run("add", "a", "--to", "http://a.example/", "--batch", "scans")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("this batch is closed"))
        try await commands.output("cancel", "2")
        let shown = try await commands.object("batch", "show", "scans", "--json")
        #expect(shown["state"] as? String == "finished" && shown["cancelled"] as? Int == 2)
        #expect(try await commands.output("batch", "show", "scans").contains("finished"))
        #expect(try await commands.run("batch", "show", "none").status == 66)
        #expect(try await commands.run("batch", "close", "none").status == 66)
    }

    @Test func waitEndsWithTheBatch() async throws {
        let folder = try TemporaryFolder()
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            let commands = try await Self.queue(at: server.endpoint)
            let wait = try commands.start("wait", "--batch", "scans")
            try await commands.output("run", "--drain")
            #expect(try await wait.wait().status == 0)
            #expect(try await commands.run("wait", "1", "2").status == 0)
            #expect(try await commands.run("wait").status == 0)
        }
    }

    @Test func waitTellsWhatDidNotComplete() async throws {
        let commands = try await Self.queue()
        let late = try await commands.run("wait", "--timeout", "1s")
        #expect(late.status == 2)
        #expect(late.errors == "upload-queue: the time passed before they were finished\n")
        try await commands.output("cancel", "1", "2")
        #expect(try await commands.run("wait", "--batch", "scans").status == 1)
        #expect(try await commands.run("wait", "2").status == 1)
        #expect(try await commands.run("wait", "9").status == 66)
        #expect(try await commands.run("wait", "--batch", "none").status == 66)
        #expect(try await commands.run("wait", "1", "--batch", "scans").status == 64)
    }

    @Test func eventsGoOnWhereTheirReaderEnded() async throws {
        let commands = try await Self.queue()
        let first = try await commands.run("events", "--consumer", "billing", "--json")
        let events = try first.lines.map { try #require(QueueCommands.json($0) as? [String: Any]) }
        #expect(events.map { $0["event"] as? String } == ["add", "add"])
        #expect(events.map { $0["upload_id"] as? Int } == [1, 2])
        #expect(try await commands.output("events", "--consumer", "billing").isEmpty)
        try await commands.output("batch", "close", "scans")
        try await commands.output("cancel", "1", "2")
        let rest = try await commands.output("events", "--consumer", "billing", "--limit", "2")
        #expect(rest.split(separator: "\n").count == 2)
        let last = try await commands.output("events", "--consumer", "billing")
        #expect(last.contains("batch scans  every upload of the batch is finished"))
        #expect(try await commands.output("events", "--upload", "2").split(separator: "\n").count == 2)
        #expect(
            try await commands.output("events", "--event", "cancel", "--after", "2").split(separator: "\n").count == 2
        )
        func count(_ filter: String...) async throws -> Int {
            let ending = try await Command.run(
                ["events"] + filter,
                in: commands.folder,
                environment: commands.environment
            )
            return ending.lines.count
        }
        #expect(try await count("--batch", "scans") == 5)
        #expect(try await count("--batch", "other") == 0)
        #expect(try await count("--status", "cancelled") == 2)
        #expect(try await count("--destination", "http://a.example/", "--status", "pending") == 2)
        #expect(try await count("--tag", "none") == 0)
        #expect(try await count("--error", "none") == 0)
        #expect(try await count("--since", "1h") == 5)
        #expect(try await count("--since", "2099-01-01") == 0)
        #expect(try await commands.output("events", "--forget", "billing").isEmpty)
        #expect(try await commands.output("events", "--consumer", "billing").split(separator: "\n").count == 5)
    }

    @Test func eventsAreFollowedUntilInterrupted() async throws {
        let commands = try await Self.queue()
        let follower = try commands.start("events", "--follow", "--json", "--limit", "3")
        try await commands.output("cancel", "1")
        let ending = try await follower.wait()
        #expect(ending.status == 0)
        #expect(ending.lines.count == 3)
    }

    /// What becomes of a source is another event of the same upload, and no second completion.
    @Test func aRunTellsACopyOnce() async throws {
        let folder = try TemporaryFolder()
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            let commands = try QueueCommands()
            try commands.write("a")
            try await commands.output("add", "a", "--copy", "--to", server.endpoint)
            try FileManager.default.removeItem(atPath: commands.folder["a"])
            let ending = try await commands.run("run", "--drain")
            #expect(ending.status == 0)
            #expect(ending.lines.count == 1)
            #expect(ending.errors.hasPrefix("upload-queue: 1 completed"))
            #expect(try await commands.output("events", "--event", "source deleted").split(separator: "\n").count == 1)
        }
    }
}
