import DevelopmentServer
import Foundation
import Testing

@Suite(.timeLimit(.minutes(10))) struct RunCommandTests {
    /// Runs a body with a queue and a server beside it.
    private static func withServer(
        faults: [Fault] = [],
        _ body: (QueueCommands, RunningServer) async throws -> Void
    ) async throws {
        let commands = try QueueCommands()
        var configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        configuration.faults = faults
        try await withDevelopmentServer(configuration) { try await body(commands, $0) }
    }

    @Test func drainsAndTellsEachUpload() async throws {
        try await Self.withServer { commands, server in
            try commands.folder.write("large.bin", bytes: 9_500_000, seed: 1)
            try commands.write("empty", "")
            try commands.write("naïve 🐝.txt")
            try await commands.output("add", "large.bin", "empty", "naïve 🐝.txt", "--to", server.endpoint)
            let ending = try await commands.run("run", "--drain")
            #expect(ending.status == 0)
            #expect(
                Set(ending.lines) == [
                    "1  completed  9.1 MiB  \(commands.folder["large.bin"])",
                    "2  completed  0 B  \(commands.folder["empty"])",
                    "3  completed  11 B  \(commands.folder["naïve 🐝.txt"])",
                ]
            )
            #expect(ending.errors.hasPrefix("upload-queue: 3 completed (9.1 MiB), 0 failed, 0 paused or for later; "))
            for upload in try await commands.array("list", "--json") {
                let stored = try #require((upload["upload_url"] as? String)?.split(separator: "/").last)
                let source = try #require(upload["source_path"] as? String)
                #expect(
                    try Data(contentsOf: URL(filePath: commands.folder["server/\(stored).bin"]))
                        == Data(contentsOf: URL(filePath: source))
                )
            }
            // Nothing was left to tell or to do.
            let again = try await commands.run("run", "--drain")
            #expect(again.status == 0)
            #expect(again.output.isEmpty)
        }
    }

    @Test func whatIsDoneWithAFileIsNoSecondEnd() async throws {
        try await Self.withServer { commands, server in
            try commands.write("a")
            try commands.write("b")
            try FileManager.default.createDirectory(atPath: commands.folder["done"], withIntermediateDirectories: false)
            try commands.write("done/b", "another b")
            try await commands.output("add", "a", "--to", server.endpoint, "--delete-after")
            try await commands.output("add", "b", "--to", server.endpoint, "--move-to", "done")
            let ending = try await commands.run("run", "--drain")
            #expect(ending.lines.count == 2)
            #expect(ending.errors.contains("upload-queue: 2 completed (22 B), 0 failed, 0 paused or for later; "))
            let kept = "upload 2 is completed, but \(commands.folder["b"]) stays, since there is a "
            #expect(ending.errors.contains(kept))
            #expect(!FileManager.default.fileExists(atPath: commands.folder["a"]))
        }
    }

    @Test func tellsJSONLinesAndFailures() async throws {
        try await Self.withServer { commands, server in
            try commands.write("a")
            try commands.write("b")
            try await commands.output("add", "a", "b", "--to", server.endpoint)
            try commands.write("b", "another text, written after it was added\n")
            let ending = try await commands.run("run", "--drain", "--json")
            #expect(ending.status == 1)
            let lines = try ending.lines.map { try #require(QueueCommands.json($0) as? [String: Any]) }
            try #require(lines.count == 2)
            let keys: Set<String> = [
                "id", "at", "status", "upload_offset", "upload_length", "destination", "source_path", "last_error_code",
                "last_error",
            ]
            for line in lines { #expect(Set(line.keys) == keys) }
            let failed = try #require(lines.first { $0["id"] as? Int == 2 })
            #expect(failed["status"] as? String == "failed")
            #expect(failed["last_error_code"] as? String == "source_changed")
            // What failed in an earlier run is no failure of this one.
            #expect(try await commands.run("run", "--drain").status == 0)
            let status = try await commands.object("status", "--json")
            let errors = try #require(status["errors"] as? [[String: Any]])
            #expect(errors.map { $0["last_error_code"] as? String } == ["source_changed"])
            #expect(errors.first?["uploads"] as? Int == 1)
            #expect(errors.first?["oldest_upload"] as? Int == 2)
            try await commands.output("retry", "2")
            #expect(try await commands.run("run", "--drain").lines.map { $0.prefix(12) } == ["2  completed"])
        }
    }

    @Test func pausedUploadsAreToldByTheExitCode() async throws {
        try await Self.withServer { commands, server in
            try commands.write("a")
            try commands.write("b")
            try await commands.output("add", "a", "b", "--to", server.endpoint)
            try await commands.output("pause", "2")
            let ending = try await commands.run("run", "--drain")
            #expect(ending.status == 2)
            #expect(ending.lines.map { $0.prefix(12) } == ["1  completed"])
            #expect(ending.errors.contains("1 paused or for later"))
        }
    }

    @Test func secretsOfTheEnvironmentAreSentAndNeverShown() async throws {
        try await Self.withServer { commands, server in
            try commands.write("a")
            try await commands.output(
                "destination",
                "add",
                "here",
                "--tus",
                server.endpoint,
                "--header",
                "Authorization: env:TUS_TOKEN"
            )
            try await commands.output("add", "a", "--to", "here")
            let without = try await commands.run("run", "--drain")
            #expect(without.status == 2)
            #expect(without.output.contains("1  paused"))
            #expect(without.output.contains("credentials_missing"))
            try await commands.output("resume", "1")
            let token = ["TUS_TOKEN": "Bearer hunter2"]
            let with = try await commands.run("run", "--drain", "--log-level", "trace", environment: token)
            #expect(with.status == 0)
            #expect(server.requests().contains { $0.step == .transfer && $0.authorization })
            var said = with.output + with.errors
            for arguments in [
                ["destination", "show", "here"], ["destination", "list", "--json"], ["show", "1"],
                ["show", "1", "--json"],
                ["status", "--json"],
            ] {
                said += try await Command.run(
                    arguments + ["--database", commands.database],
                    in: commands.folder,
                    environment: token
                ).output
            }
            #expect(!said.contains("hunter2"))
            #expect(said.contains("env:TUS_TOKEN"))
        }
    }

    @Test func grantsAreFinalizedAndForgotten() async throws {
        try await Self.withServer { commands, server in
            try commands.write("a +#ä.txt")
            let minted = try await server.mintGrant(mimeType: "text/plain")
            let grant = #"{"uploadUrl":"\#(minted.uploadURL)","uploadToken":"\#(minted.uploadToken)"}"#
            try await commands.output("add", "a +#ä.txt", "--grant", "-", input: grant)
            let ending = try await commands.run("run", "--drain", "--log-level", "trace")
            #expect(ending.status == 0)
            #expect(server.requests().filter { $0.step == .finalize }.map(\.finalized) == [true])
            let shown = try await commands.object("show", "1", "--json")
            #expect((shown["response"] as? String)?.contains(#""displayName":"a +#ä.txt""#) == true)
            #expect(shown["upload_url"] is NSNull)
            #expect(!(ending.output + ending.errors + "\(shown)").contains(minted.uploadToken))
        }
    }

    @Test func worksUntilItIsToldToEnd() async throws {
        try await Self.withServer { commands, server in
            try commands.write("a")
            try await commands.output("add", "a", "--to", server.endpoint)
            let worker = try commands.start("run")
            defer { worker.end() }
            while try await commands.array("list", "--status", "completed", "--json").isEmpty && worker.isRunning {
                try Task.checkCancellation()
            }
            let workers = try #require(try await commands.object("status", "--json")["workers"] as? [[String: Any]])
            #expect(workers.map { $0["pid"] as? Int32 } == [worker.pid])
            worker.signal(SIGTERM)
            let ending = try await worker.wait()
            #expect(ending.status == 0 && !ending.killed)
            #expect(ending.lines.map { $0.prefix(12) } == ["1  completed"])
            let after = try #require(try await commands.object("status", "--json")["workers"] as? [[String: Any]])
            #expect(after.isEmpty)
        }
    }

    @Test func waitingForAnotherTryIsTold() async throws {
        let fault = Fault(.step(.create), .status(503, headers: ["Retry-After": "120"]), times: 100)
        try await Self.withServer(faults: [fault]) { commands, server in
            try commands.write("a")
            try await commands.output("add", "a", "--to", server.endpoint)
            let ending = try await commands.run("run", "--drain")
            #expect(ending.status == 2)
            #expect(ending.output.isEmpty)
            #expect(ending.errors.contains("upload-queue: upload 1 has to wait: server_busy: "))
            #expect(try await commands.output("list").contains("server_busy, in "))
        }
    }

    @Test func deadWorkersAreNotRunning() async throws {
        try await Self.withServer { commands, _ in
            try await commands.output("destination", "add", "here", "--wix")
            let worker = try commands.start("run")
            defer { worker.end() }
            var workers: [[String: Any]] = []
            while workers.isEmpty && worker.isRunning {
                try Task.checkCancellation()
                workers = try await commands.object("status", "--json")["workers"] as? [[String: Any]] ?? []
            }
            #expect(workers.count == 1)
            worker.signal(SIGKILL)
            #expect(try await worker.wait().killed)
            #expect(try await SQLiteShell.run("SELECT count(*) FROM worker", on: commands.database) == ["1"])
            #expect((try await commands.object("status", "--json")["workers"] as? [[String: Any]])?.isEmpty == true)
        }
    }

    @Test func wrongUsageIsRefused() async throws {
        let commands = try QueueCommands()
        #expect(try await commands.run("run", "--concurrency", "0").status == 64)
        #expect(try await commands.run("run", "--log-level", "loud").status == 64)
    }
}

extension Command {
    /// Leaves nothing running behind a test that failed.
    fileprivate func end() {
        if isRunning { signal(SIGKILL) }
    }
}
