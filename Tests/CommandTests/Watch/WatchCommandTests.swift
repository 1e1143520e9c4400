import Foundation
import Testing

@Suite struct WatchCommandTests {
    @Test func withoutATerminalItSaysWhatElseThereIs() async throws {
        let commands = try QueueCommands()
        let ending = try await commands.run("watch")
        #expect(ending.status == 64)
        #expect(ending.errors.contains("watch needs a terminal"))
        #expect(ending.errors.contains("`upload-queue status`"))
        #expect(ending.errors.contains("`upload-queue watch --once`"))
    }

    @Test func aDumbTerminalIsNone() async throws {
        let commands = try QueueCommands()
        let terminal = try PseudoTerminal(columns: 80)
        let watch = try commands.start("watch", on: terminal, environment: ["TERM": "dumb"])
        #expect(try await watch.wait().status == 64)
        #expect(!terminal.text.contains("\u{1B}"))
    }

    @Test(arguments: [["watch"], ["watch", "--once"]]) func noQueueIsMade(_ arguments: [String]) async throws {
        let commands = try QueueCommands()
        for environment in [[:], ["UPLOAD_QUEUE_DATABASE": ""]] {
            let terminal = try PseudoTerminal(columns: 80)
            let watch = try Command(
                arguments,
                in: commands.folder,
                environment: commands.environment.merging(["TERM": "xterm"]) { $1 }.merging(environment) { $1 },
                terminal: terminal
            )
            #expect(try await watch.wait().status == 66)
            let text = await terminal.text { $0.contains("make one") }
            #expect(text.contains("there is no queue at "))
            #expect(!text.contains("\u{1B}[?1049h"))
        }
        #expect(!FileManager.default.fileExists(atPath: commands.database))
        #expect(try FileManager.default.contentsOfDirectory(atPath: commands.folder["home"]).isEmpty)
    }

    @Test func onceIsPlainText() async throws {
        let commands = try QueueCommands()
        try commands.write("植物.tif")
        try commands.write("gone.tif")
        try await commands.output("add", "植物.tif", "gone.tif", "--to", "http://127.0.0.1:1/")
        try await commands.output("pause", "1")
        try commands.write("gone.tif", "another text\n")
        _ = try await commands.run("run", "--drain")
        let output = try await commands.output("watch", "--once", environment: ["LC_ALL": "C.UTF-8"])
        let lines = output.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix("queue \(commands.database) ") == true)
        #expect(lines.contains("workers  none; `upload-queue run` starts one"))
        #expect(lines.contains("uploads  1 paused 11 B  1 failed 11 B"))
        #expect(lines.contains("       1  a person: `upload-queue resume` lets them go on"))
        #expect(lines.contains("       1    0.0 %  by a person  植物.tif"))
        #expect(lines.contains { $0.hasPrefix("       2  ") && $0.contains("source_changed  \(commands.folder.path)") })
        #expect(!output.contains("\u{1B}"))
        #expect(!output.contains("q quit"))
        let colored = try await commands.output("watch", "--once", "--color", "always")
        #expect(colored.contains("\u{1B}[31m"))
    }
}
