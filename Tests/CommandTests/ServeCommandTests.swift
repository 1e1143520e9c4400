import Foundation
import Testing

/// The server as a person starts it.
@Suite(.timeLimit(.minutes(10))) struct ServeCommandTests {
    /// Serves while a body runs, which is given what was written until some words came.
    private static func serving(
        _ options: [String] = [],
        until words: String,
        _ body: (QueueCommands, String) async throws -> Void
    ) async throws {
        let commands = try QueueCommands()
        let terminal = try PseudoTerminal(columns: 500)
        let server = try Command(["serve", "--port", "0"] + options, in: commands.folder, terminal: terminal)
        defer { if server.isRunning { server.signal(SIGKILL) } }
        let written = await terminal.text { $0.contains(words) }
        try await body(commands, written.replacing("\r\n", with: "\n"))
        server.signal(SIGTERM)
        #expect(try await server.wait().status == 0)
    }

    @Test func theCommandsThatItWritesUploadAFile() async throws {
        let options = ["--wix", "--fault", "mint:status=500", "--fault", "finalize:cut-after-processing"]
        try await Self.serving(options, until: "--drain") { commands, written in
            let script = written.split(separator: "\n").filter { $0.hasPrefix("  ") }
            #expect(script.count == 3)
            try commands.write("FILE")
            let ending = try await commands.shell((["set -e"] + script).joined(separator: "\n"))
            #expect(ending.status == 0, "\(ending.output)")
            #expect(try await commands.array("list", "--json").first?["status"] as? String == "completed")
        }
    }

    @Test func withoutItOnlyTheURLsAreThere() async throws {
        try await Self.serving(until: "upload-url") { _, written in
            #expect(written.split(separator: "\n").map { $0.prefix(10) } == ["tus       ", "Wix mint  "])
        }
    }

    @Test func aProgramReadsThemInTheFirstLine() async throws {
        try await Self.serving(["--wix", "--json"], until: "}") { _, written in
            let urls = try #require(QueueCommands.json(written) as? [String: Any])
            #expect(Set(urls.keys) == ["tus", "mint", "rehearsal"])
            #expect((urls["rehearsal"] as? [String])?.count == 3)
        }
    }
}
