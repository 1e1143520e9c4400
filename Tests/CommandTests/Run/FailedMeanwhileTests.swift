#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// Which failures `run --drain` and `wait` tell by their exit code: those of meanwhile, whatever the clock says.
@Suite(.timeLimit(.minutes(10))) struct FailedMeanwhileTests {
    private static func withServer(_ body: (QueueCommands, RunningServer) async throws -> Void) async throws {
        let commands = try QueueCommands()
        try await withDevelopmentServer(.init(directory: commands.folder["server"])) { try await body(commands, $0) }
    }

    /// Adds a file that changes then, so that its upload fails.
    private static func addFailing(_ name: String, _ commands: QueueCommands, _ options: String...) async throws {
        try commands.write(name)
        let added = try await Command.run(
            ["add", name] + options,
            in: commands.folder,
            environment: commands.environment
        )
        try #require(added.status == 0, "\(added.errors)")
        try commands.write(name, "another text, written after it was added\n")
    }

    /// After every 50 questions for the time, which is about one upload, the clock is set back by an hour.
    @Test func aClockThatIsSetBackHidesNoFailure() async throws {
        try await Self.withServer { commands, server in
            let names = (1...6).map { "\($0)" }
            for name in names { try commands.write(name) }
            #expect(try await commands.add(names, "--to", server.endpoint).status == 0)
            try await Self.addFailing("last", commands, "--to", server.endpoint, "--priority=-1")
            let clock = try await PreloadedLibrary.build("clock", linking: "dl", in: commands.folder)
            let jumps = (0..<16).map { "\((15 - $0) * 3600)" }.joined(separator: " ")
            let environment = ["LD_PRELOAD": clock, "UPLOAD_QUEUE_CLOCK": jumps]
            let ending = try await commands.run("run", "--drain", "--concurrency", "1", environment: environment)
            #expect(ending.status == 1, "\(ending.output)\(ending.errors)")
            #expect(ending.errors.contains("6 completed (66 B), 1 failed"))
            let times = "SELECT min(finished_at) FILTER (WHERE status = 'failed') < max(finished_at) FROM upload"
            #expect(try await SQLiteShell.run(times, on: commands.database) == ["1"], "the clock was not set back")
            #expect(try await commands.run("run", "--drain").status == 0, "it failed in an earlier run")
        }
    }

    /// One that failed before is retried meanwhile and another one fails, so that as many are failed as before.
    @Test func aRetriedUploadHidesNoFailure() async throws {
        try await Self.withServer { commands, server in
            try commands.write("later")
            try await commands.output("add", "later", "--to", server.endpoint, "--not-before", "1h")
            try await Self.addFailing("0", commands, "--to", server.endpoint)
            #expect(try await commands.run("run", "--drain").status == 1)
            let wait = try commands.start("wait")
            // It has no way to say that it began; what is done meanwhile takes a multiple of that.
            for name in 1...3 {
                try await Self.addFailing("\(name)", commands, "--to", server.endpoint)
                #expect(try await commands.run("run", "--drain").status == 1)
                try await commands.output("retry", "\(name + 1)")
                #expect(try await commands.run("run", "--drain").status == 2)
            }
            #expect(wait.isRunning)
            try await commands.output("cancel", "1")
            #expect(try await wait.wait().status == 1)
            #expect(try await commands.run("wait").status == 0, "it failed before")
        }
    }
}
#endif
