import DevelopmentServer
import Foundation
import Testing

/// What others wrote - names of files, metadata, a server's words - cannot steer a terminal or begin a line of its own.
@Suite(.timeLimit(.minutes(10))) struct HostileTextTests {
    /// Clears the screen, sets the title, begins a line, colours it (also in one character), and turns the text around.
    private static let hostile = "x\u{1B}[2J\u{1B}]0;owned\u{7}\r\nforged: all is well\u{9B}31m\u{202E}y\u{85}\u{2028}z"

    /// What steers a terminal in a text, but for the ends of lines.
    private static func steering(_ text: String) -> [String] {
        text.unicodeScalars.filter { scalar in
            let isTurning = ("\u{202A}"..."\u{202E}").contains(scalar) || ("\u{2066}"..."\u{2069}").contains(scalar)
            return isTurning || (scalar.properties.generalCategory == .control && scalar != "\n")
        }.map { String($0.value, radix: 16) }
    }

    @Test func neitherFilesNorServersSteerATerminal() async throws {
        let commands = try QueueCommands()
        let name = Self.hostile
        try commands.write(name)
        let body = #"{"message":"no \u001b[31m\u0007\r\nforged: all is well \u009b2J \u202e end"}"#
        // As it comes, and as JSON.
        let faults = [
            Fault(.step(.create), .status(400, body: body)),
            Fault(.step(.create, occurrence: 2), .status(400, body: Self.hostile)),
        ]
        var configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        configuration.faults = faults
        try await withDevelopmentServer(configuration) { server in
            try await commands.output("destination", "add", "s", "--tus", server.endpoint, "--metadata", "k=\(name)")
            for batch in ["one", "two"] {
                try await commands.output("add", name, "--to", "s", "--batch", batch, "--metadata", "note=\(name)")
            }
            let runs = [
                ["run", "--drain"], ["list"], ["status"], ["show", "1"], ["show", "2"], ["events"], ["doctor"],
                ["batch", "list"], ["batch", "show", "one"], ["destination", "list"], ["destination", "show", "s"],
                ["watch"], ["retry", "1"], ["cancel", "2"], ["remove", "2"],
                // What is wrong is named.
                ["add", "missing \(name)", "--to", "s"], ["add", name, "--to", name], ["add", name, "--\(name)"],
                ["list", "--batch", name], ["pause", "--destination", name], ["destination", "show", name],
                ["destination", "add", name, "--tus", server.endpoint], ["status", "--database", name],
                ["backup", name], ["backup", name],
            ]
            var told = ""
            for words in runs {
                let ending = try await Command.run(words, in: commands.folder, environment: commands.environment)
                let text = ending.output + ending.errors
                #expect(Self.steering(text) == [], "\(words): \(text)")
                let isUsage = ending.status == 64
                #expect(
                    isUsage || !text.split(separator: "\n").contains { $0.hasPrefix("forged") },
                    "\(words): \(text)"
                )
                told += text
            }
            #expect(server.requests().count { $0.step == .create } == 2)
            #expect(told.contains("forged: all is well"), "the server's words are told")
            #expect(told.contains(#"\u{1b}[2J"#), "the file's name is told")
        }
    }

    /// A record of the history, and of a log, is a line.
    @Test func whatAServerSaysIsOneLineInTheDatabase() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        var configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        configuration.faults = [Fault(.step(.create), .status(400, body: Self.hostile))]
        try await withDevelopmentServer(configuration) { server in
            try await commands.output("add", "a", "--to", server.endpoint)
            #expect(try await commands.run("run", "--drain").status == 1)
            for event in try await commands.run("events", "--json").lines {
                let object = try #require(QueueCommands.json(event) as? [String: Any])
                let error = object["error"] as? String ?? ""
                #expect(Self.steering(error).allSatisfy { $0 == "202e" } && !error.contains("\n"), "\(error)")
            }
            let upload = try await commands.object("show", "1", "--json")
            #expect((upload["last_error"] as? String)?.contains("forged: all is well") == true)
        }
    }
}
