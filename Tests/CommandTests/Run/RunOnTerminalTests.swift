import DevelopmentServer
import Foundation
import Testing

/// `run` as a person sees it.
@Suite(.timeLimit(.minutes(10))) struct RunOnTerminalTests {
    /// Runs a body while a worker sends an upload that its server does not take beyond half, beside one that completed.
    private static func whileStalled(
        _ terminal: PseudoTerminal,
        options: [String] = [],
        environment: [String: String] = [:],
        _ body: (QueueCommands, Command) async throws -> Void
    ) async throws {
        let commands = try QueueCommands()
        var configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        let half: Int64 = 4 << 20
        configuration.faults = [Fault(.step(.transfer), .stall(afterBytes: half), times: 100)]
        try await withDevelopmentServer(configuration) { server in
            try commands.write("empty", "")
            try commands.folder.write("sheet.bin", bytes: 8 << 20, seed: 1)
            try await commands.output("add", "empty", "sheet.bin", "--to", server.endpoint)
            let worker = try Command(
                ["run", "--database", commands.database] + options,
                in: commands.folder,
                environment: ["TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "NO_COLOR": ""].merging(environment) {
                    $1
                },
                terminal: terminal
            )
            defer { if worker.isRunning { worker.signal(SIGKILL) } }
            try await body(commands, worker)
        }
    }

    private static let completed = "1  completed  0 B  "

    @Test func barsStandBelowTheResultsAndAreGoneAtTheEnd() async throws {
        let terminal = try PseudoTerminal(columns: 200)
        try await Self.whileStalled(terminal) { commands, worker in
            let drawn = await terminal.text { text in
                let lines = TerminalScreen(text, columns: 200).lines
                // The first bars have no part that is done, and what is read may end within a line.
                return lines.count == 3 && lines[1].hasSuffix("sheet.bin") && lines[1].contains("━")
                    && lines[2].contains("1 of 2 uploads") && text.hasSuffix("\u{1B}[?7h")
            }
            let lines = TerminalScreen(drawn, columns: 200).lines
            try #require(lines.count == 3)
            #expect(lines[0] == Self.completed + commands.folder["empty"])
            #expect(lines[1].hasPrefix("     2  ━") || lines[1].hasPrefix("     2  ─"))
            #expect(lines[2].hasPrefix("   all  ━") || lines[2].hasPrefix("   all  ─"))
            #expect(lines[2].contains(" of 8.0 MiB"))
            #expect(drawn.contains("\u{1B}[36m"))

            worker.signal(SIGTERM)
            let ending = try await worker.wait()
            #expect(ending.status == 0)
            let end = await terminal.text { $0.contains("what fails\r\n") }
            let last = TerminalScreen(end, columns: 200).lines
            #expect(last.count == 3)
            #expect(last[0] == lines[0])
            #expect(last[1].hasPrefix("upload-queue: 1 completed (0 B), 0 failed, 1 paused or for later; "))
            #expect(last[2] == "upload-queue: `upload-queue status` tells what waits and what fails")
        }
    }

    @Test func barsFitATerminalThatBecameNarrow() async throws {
        let terminal = try PseudoTerminal(columns: 120)
        try await Self.whileStalled(terminal) { _, worker in
            let wide = await terminal.text { $0.contains("sheet.bin") && $0.contains("1 of 2 uploads") }
            #expect(TerminalScreen(wide, columns: 120).widest > 50)
            try terminal.resize(columns: 40)
            // The frame that is being drawn may still be of the old size.
            let before = terminal.text.count
            let frames = { (text: String) in text.dropFirst(before).components(separatedBy: "\u{1B}[?7l").dropFirst(2) }
            let drawn = await terminal.text { frames($0).count > 3 }
            for frame in frames(drawn).dropLast() {
                let screen = TerminalScreen(frame, columns: 40)
                #expect(screen.widest < 40)
                let drawn = frame.replacing(#/\u{1B}\[[^A-Za-z]*[A-Za-z]/#, with: "").split(whereSeparator: \.isNewline)
                #expect(
                    zip(screen.lines, drawn).allSatisfy {
                        $1.hasPrefix($0) && $1.dropFirst($0.count).allSatisfy { $0 == " " }
                    }
                )
                #expect(frame.contains("     2  "))
            }
            worker.signal(SIGTERM)
            let ending = try await worker.wait()
            #expect(ending.status == 0)
        }
    }

    @Test func waitsAreToldBelowTheBars() async throws {
        let commands = try QueueCommands()
        var configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        configuration.faults = [Fault(.step(.create), .status(503, headers: ["Retry-After": "120"]), times: 100)]
        try await withDevelopmentServer(configuration) { server in
            try commands.write("a")
            try await commands.output("add", "a", "--to", server.endpoint)
            let terminal = try PseudoTerminal(columns: 200)
            let worker = try commands.start("run", on: terminal)
            defer { if worker.isRunning { worker.signal(SIGKILL) } }
            let told = await terminal.text { $0.contains("the first goes on in ") }
            let lines = TerminalScreen(told, columns: 200).lines
            #expect(lines.first?.hasPrefix("upload-queue: upload 1 has to wait: server_busy: ") == true)
            #expect(
                lines.last?.hasPrefix("      1 waits for another try after server_busy; the first goes on in ") == true
            )
            worker.signal(SIGTERM)
            let ending = try await worker.wait()
            #expect(ending.status == 0)
        }
    }

    @Test(
        arguments: [
            (["--no-progress"], [:]), (["--log-level", "info", "--color", "never"], [:]),
            (["--no-progress"], ["NO_COLOR": "1"]),
        ] as [([String], [String: String])]
    )
    func withoutBarsThereAreOnlyLines(_ options: [String], _ environment: [String: String]) async throws {
        let terminal = try PseudoTerminal(columns: 200)
        try await Self.whileStalled(terminal, options: options, environment: environment) { commands, worker in
            let text = await terminal.text { $0.contains("/empty\r\n") }
            worker.signal(SIGTERM)
            let ending = try await worker.wait()
            #expect(ending.status == 0)
            #expect(text.contains(Self.completed + commands.folder["empty"]))
            #expect(!terminal.text.contains("\u{1B}"))
        }
    }

    @Test func barsKeepOffColoursThatNobodyWants() async throws {
        let terminal = try PseudoTerminal(columns: 200)
        try await Self.whileStalled(terminal, environment: ["NO_COLOR": "1"]) { _, worker in
            let drawn = await terminal.text { $0.contains("1 of 2 uploads") && $0.contains("━") }
            #expect(!drawn.contains(#/\u{1B}\[[0-9]+m/#))
            worker.signal(SIGTERM)
            let ending = try await worker.wait()
            #expect(ending.status == 0)
        }
    }
}
