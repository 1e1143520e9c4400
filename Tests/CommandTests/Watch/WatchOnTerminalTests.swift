import DevelopmentServer
import Foundation
import Testing

/// `watch` as a person at a terminal uses it.
@Suite(.timeLimit(.minutes(10))) struct WatchOnTerminalTests {
    private static func screen(_ text: String) -> TerminalScreen { TerminalScreen(text, columns: 80) }

    /// Waits until lines are there that fulfil conditions, and returns what is shown then.
    @discardableResult
    private static func lines(
        of terminal: PseudoTerminal,
        with heading: String? = nil,
        where condition: (String) -> Bool
    ) async -> [String] {
        func isThere(_ lines: [String]) -> Bool {
            (heading.map(lines.contains) ?? true) && lines.contains(where: condition)
        }
        return screen(await terminal.text { isThere(screen($0).lines) }).lines
    }

    /// Runs a body while a worker sends an upload so slowly that there is time to watch.
    private static func whileSending(_ body: (QueueCommands) async throws -> Void) async throws {
        let commands = try QueueCommands()
        var configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        configuration.faults = [Fault(.step(.transfer), .delay(.milliseconds(200)), times: 100_000)]
        try await withDevelopmentServer(configuration) { server in
            try commands.folder.write("sheet.bin", bytes: 64 << 20, seed: 1)
            try commands.write("gone.bin")
            try await commands.output("destination", "add", "slow", "--tus", server.endpoint, "--chunk-size", "64K")
            try await commands.output("add", "sheet.bin", "gone.bin", "--to", "slow")
            try commands.write("gone.bin", "another text\n")
            let worker = try commands.start("run", "--concurrency", "2")
            defer { if worker.isRunning { worker.signal(SIGKILL) } }
            try await body(commands)
            worker.signal(SIGTERM)
            _ = try await worker.wait()
        }
    }

    private static func status(_ id: Int, _ commands: QueueCommands) async throws -> [String] {
        try await SQLiteShell.run("SELECT status FROM upload WHERE id = \(id)", on: commands.database)
    }

    @Test func anUploadIsSeenPausedResumedAndCancelledByKeys() async throws {
        try await Self.whileSending { commands in
            let terminal = try PseudoTerminal(columns: 80)
            let before = try terminal.modes()
            let watch = try commands.start("watch", on: terminal)
            defer { if watch.isRunning { watch.signal(SIGKILL) } }
            let sending = #/^> +1  .* of 64\.0 MiB .*sheet\.bin$/#.anchorsMatchLineEndings()
            let drawn = await Self.lines(of: terminal, with: "ACTIVE 1") { $0.contains(sending) }
            #expect(drawn.first?.hasPrefix("queue ") == true)
            await Self.lines(of: terminal) { $0.hasPrefix("       2  ") && $0.contains("source_changed") }
            #expect(try terminal.modes() != before)
            #expect(Self.screen(terminal.text).isAlternate)
            #expect(!Self.screen(terminal.text).hasCursor)

            try terminal.type("p")
            await Self.lines(of: terminal) { $0 == "PAUSED 1" }
            #expect(try await Self.status(1, commands) == ["paused"])
            try terminal.type("p")
            await Self.lines(of: terminal, with: "ACTIVE 1") { $0.contains(sending) }
            #expect(try await Self.status(1, commands) == ["processing"])

            // A cursor key that comes in two pieces.
            try terminal.type("\u{1B}[")
            try terminal.type("B")
            await Self.lines(of: terminal) { $0.hasPrefix(">      2  ") }
            try terminal.type("i")
            await Self.lines(of: terminal) { $0 == "upload 2  failed" }
            try terminal.type("ip")
            await Self.lines(of: terminal) { $0 == "upload 2 is failed; it cannot pause" }
            try terminal.type("c")
            await Self.lines(of: terminal) { $0 == "cancel upload 2? y cancels it, any other key does not" }
            try terminal.type("y")
            await Self.lines(of: terminal) { $0 == "upload 2: cancelled" }
            #expect(try await Self.status(2, commands) == ["cancelled"])

            try terminal.type("q")
            let ending = try await watch.wait()
            #expect(ending.status == 0)
            #expect(try terminal.modes() == before)
            let end = Self.screen(await terminal.text { !Self.screen($0).isAlternate })
            #expect(end.hasCursor)
            #expect(end.lines.isEmpty)
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT]) func aSignalLeavesTheTerminalAsItWas(_ signal: Int32)
        async throws
    {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/")
        let terminal = try PseudoTerminal(columns: 80)
        let before = try terminal.modes()
        let watch = try commands.start("watch", on: terminal)
        defer { if watch.isRunning { watch.signal(SIGKILL) } }
        await Self.lines(of: terminal) { $0.hasPrefix("q quit") }
        watch.signal(signal)
        let ending = try await watch.wait()
        #expect(ending.status == 0)
        #expect(!ending.killed)
        #expect(try terminal.modes() == before)
        let end = Self.screen(await terminal.text { !Self.screen($0).isAlternate })
        #expect(end.hasCursor)
    }

    @Test func theTerminalIsTakenAgainWhenTheProcessGoesOn() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/")
        let terminal = try PseudoTerminal(columns: 80)
        let before = try terminal.modes()
        let watch = try commands.start("watch", on: terminal)
        defer { if watch.isRunning { watch.signal(SIGKILL) } }
        await Self.lines(of: terminal) { $0.hasPrefix("q quit") }
        watch.signal(SIGSTOP)
        let written = terminal.text.count
        watch.signal(SIGCONT)
        // All of it is drawn again, also what did not change.
        _ = await terminal.text { text in
            let new = text.dropFirst(written)
            return new.contains("\u{1B}[?1049h") && new.contains("the queue is empty")
        }
        // Ctrl-C as a key, which no terminal turns into a signal here.
        try terminal.type("\u{3}")
        let ending = try await watch.wait()
        #expect(ending.status == 0)
        #expect(try terminal.modes() == before)
    }

    @Test func ctrlZGivesTheTerminalBackUntilTheProcessGoesOn() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/")
        let terminal = try PseudoTerminal(columns: 80)
        // With job control the shell's wait returns when its job stops; nothing stops that has no such shell.
        let script = """
            set -m
            stty -g > before
            '\(UploadQueueBinary.path)' watch &
            wait $!
            echo $? > stopped
            stty -g > meanwhile
            kill -CONT $!
            # Until bash hears that the job goes on, it tells the status of its stop once more.
            while wait -f $!; status=$?; [ $status = $(cat stopped) ]; do :; done
            exit $status
            """
        let shell = try ChildProcess(
            ["bash", "-c", script],
            environment: ProcessInfo.processInfo.environment.merging(commands.environment) { $1 }
                .merging(["TERM": "xterm", "LC_ALL": "C.UTF-8"]) { $1 },
            folder: commands.folder.path,
            files: (terminal.path, terminal.path, terminal.path)
        )
        defer { if shell.isRunning { shell.signal(SIGKILL) } }
        await Self.lines(of: terminal) { $0.hasPrefix("q quit") }
        let written = terminal.text.count
        try terminal.type("\u{1A}")
        _ = await terminal.text { text in
            let new = text.dropFirst(written)
            return new.contains("\u{1B}[?1049l") && new.contains("\u{1B}[?1049h") && new.contains("q quit")
        }
        try terminal.type("q")
        #expect(await shell.wait().status == 0)
        func file(_ name: String) throws -> String {
            try String(contentsOfFile: commands.folder[name], encoding: .utf8)
        }
        #expect(try file("stopped") == "\(128 + SIGTSTP)\n")
        #expect(try file("meanwhile") == file("before"))
    }

    @Test func aTerminalThatBecameSmallerIsFilledAnew() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--tus", "http://a.example/")
        let terminal = try PseudoTerminal(columns: 80)
        let watch = try commands.start("watch", on: terminal)
        defer { if watch.isRunning { watch.signal(SIGKILL) } }
        await Self.lines(of: terminal) { $0.hasPrefix("q quit") }
        let written = terminal.text.count
        try terminal.resize(columns: 40, lines: 8)
        watch.signal(SIGWINCH)
        let text = await terminal.text { text in
            let lastLine = text.dropFirst(written).components(separatedBy: "\u{1B}[8;1H").dropFirst().last
            return lastLine?.contains("\u{1B}[?2026l") == true
        }
        let small = TerminalScreen(String(text.dropFirst(written)), columns: 40)
        #expect(small.lines.count == 8)
        #expect(small.widest < 40)
        #expect(small.lines.last == "q quit  ? help  ↑↓ select  r retry")
        try terminal.type("q")
        #expect(try await watch.wait().status == 0)
    }
}
