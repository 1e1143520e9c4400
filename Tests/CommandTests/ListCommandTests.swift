import DevelopmentServer
import Foundation
import Testing

/// `list`, `show` and `status`.
@Suite struct ListCommandTests {
    private static let columns: Set<String> = [
        "id", "status", "phase", "source_path", "destination", "upload_offset", "upload_length", "upload_url",
        "attempt", "filename", "content_type", "not_before", "retry_at", "pause_reason", "requested", "expires_at",
        "last_error_code", "last_error", "response", "captured", "created_at", "finished_at", "priority", "batch",
        "tags",
        "deadline", "copied", "original_path", "after_completion",
    ]

    private static func withThree() async throws -> QueueCommands {
        let commands = try QueueCommands()
        for name in ["a", "b", "c"] { try commands.write(name) }
        try await commands.output("add", "a", "b", "--to", "http://a.example/")
        try await commands.output("add", "c", "--to", "http://b.example/")
        try await commands.output("pause", "2")
        return commands
    }

    @Test func listIsAlignedAndFiltered() async throws {
        let commands = try await Self.withThree()
        let lines = try await commands.output("list").split(separator: "\n")
        try #require(lines.count == 4)
        let column = lines[0].components(separatedBy: "DESTINATION")[0].count
        for line in lines.dropFirst() { #expect(line.components(separatedBy: "http://")[0].count == column) }
        #expect(lines[2].split(separator: " ").prefix(3) == ["2", "paused", "create"])

        #expect(try await ids(commands.array("list", "--json", "--status", "paused")) == [2])
        #expect(
            try await ids(commands.array("list", "--json", "--status", "paused", "--status", "pending")) == [1, 2, 3]
        )
        #expect(try await ids(commands.array("list", "--json", "--destination", "http://b.example/")) == [3])
        let limited = try await commands.run("list", "--json", "--limit", "2")
        #expect(ids(QueueCommands.json(limited.output) as? [[String: Any]] ?? []) == [1, 2])
        #expect(limited.errors.contains("only the first 2"))
        #expect(try await commands.run("list", "--limit", "3").errors.isEmpty)
    }

    private func ids(_ uploads: [[String: Any]]) -> [Int] { uploads.compactMap { $0["id"] as? Int } }

    @Test func jsonHasEveryKeyInEveryUpload() async throws {
        let commands = try await Self.withThree()
        for upload in try await commands.array("list", "--json") { #expect(Set(upload.keys) == Self.columns) }
    }

    @Test func showTellsFactsAndHistory() async throws {
        let commands = try await Self.withThree()
        let text = try await commands.output("show", "2")
        #expect(text.hasPrefix("upload 2  paused\nnow       Paused by a person.\n"))
        #expect(text.contains("you can   `upload-queue resume 2` lets it go on, `upload-queue cancel 2` ends it.\n"))
        #expect(text.contains("file           \(commands.folder["b"])\n"))
        #expect(text.contains("size           11 bytes\n"))
        #expect(text.contains("at the server  0 B of 11 B (0.0 %)\n"))
        let told = text.split(separator: "\n").suffix(2).map { $0.split(separator: " ").last }
        #expect(told == ["added", "paused"])

        let object = try await commands.object("show", "2", "--json")
        #expect(Set(object.keys) == Self.columns.union(["history"]))
        let history = try #require(object["history"] as? [[String: Any]])
        #expect(history.map { $0["event"] as? String } == ["add", "pause"])
        let keys: Set<String> = [
            "seq", "at", "event", "status", "phase", "upload_offset", "attempt", "worker_id", "error_code", "error",
        ]
        for event in history { #expect(Set(event.keys) == keys) }
    }

    @Test func showTellsWhenTheServerRemovesAnUpload() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        var configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        configuration.expiresAfter = .seconds(86_400)
        configuration.faults = [Fault(.step(.transfer), .status(428))]
        try await withDevelopmentServer(configuration) { server in
            try await commands.output("add", "a", "--to", server.endpoint)
            #expect(try await commands.run("run", "--drain").status == 2)
            let text = try await commands.output("show", "1")
            #expect(text.contains(#/\nexpires        [-0-9]+ [:0-9]+ \(in 2[34] h\)\n/#), "\(text)")
            #expect(try await commands.object("show", "1", "--json")["expires_at"] is String)
            try await commands.output("resume", "1")
            try await commands.output("run", "--drain")
            #expect(try await !commands.output("show", "1").contains("\nexpires "))
        }
    }

    @Test func statusCountsUploadsAndBytes() async throws {
        let commands = try await Self.withThree()
        let text = try await commands.output("status")
        #expect(text.contains("pending        2        0 B  22 B\n"))
        #expect(text.contains("no worker is running"))
        let object = try await commands.object("status", "--json")
        #expect(
            Set(object.keys) == [
                "database", "paused", "concurrency", "bytes_per_second", "statuses", "workers", "waiting", "errors",
            ]
        )
        #expect(object["database"] as? String == commands.database)
        let statuses = try #require(object["statuses"] as? [[String: Any]])
        let names = ["pending", "processing", "paused", "completed", "failed", "cancelled"]
        #expect(statuses.map { $0["status"] as? String } == names)
        #expect(statuses.map { $0["uploads"] as? Int } == [2, 0, 1, 0, 0, 0])
        #expect(statuses.map { $0["bytes"] as? Int } == [22, 0, 11, 0, 0, 0])
        #expect(text.contains("\n      1  a person: `upload-queue resume` lets them go on\n"))
        let waiting = try #require(object["waiting"] as? [[String: Any]])
        #expect(waiting.map { $0["reason"] as? String } == ["worker", "paused"])
        #expect(waiting.map { $0["uploads"] as? Int } == [2, 1])
        for group in waiting {
            #expect(Set(group.keys) == ["reason", "detail", "uploads", "until", "oldest_upload"])
        }
    }

    @Test func namesCannotSteerTheTerminal() async throws {
        let commands = try QueueCommands()
        let name = "evil\u{1B}[2J\nname\u{202E}"
        try commands.write(name)
        try await commands.output("add", name, "--to", "http://a.example/")
        for arguments in [["list"], ["show", "1"]] {
            let ending = try await Command.run(arguments + ["--database", commands.database], in: commands.folder)
            #expect(ending.output.contains(#"evil\u{1b}[2J\nname\u{202e}"#))
            #expect(!ending.output.contains("\u{1B}"))
        }
        let uploads = try await commands.array("list", "--json")
        #expect(uploads.first?["source_path"] as? String == commands.folder[name])
    }

    @Test func wrongUsageAndUnknownIDsAreRefused() async throws {
        let commands = try await Self.withThree()
        #expect(try await commands.run("list", "--status", "asleep").status == 64)
        #expect(try await commands.run("list", "--limit", "0").status == 64)
        #expect(try await commands.run("show", "one").status == 64)
        let unknown = try await commands.run("show", "99")
        #expect(unknown.status == 66)
        #expect(unknown.errors == "upload-queue: there is no upload 99; see `upload-queue list`\n")
    }
}
