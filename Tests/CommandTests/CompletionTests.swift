import Foundation
import Testing

/// What the shell offers when its user presses the tab key.
@Suite struct CompletionTests {
    /// Calls the completion as bash does: with the command, the word and the one before it (bash(1), Programmable
    /// Completion).
    private static let ask = """
        source <("$1" --generate-completion-script bash) || exit 1
        shift
        COMP_WORDS=(upload-queue "$@")
        COMP_CWORD=$#
        COMP_LINE="${COMP_WORDS[*]}"
        COMP_POINT=${#COMP_LINE}
        _upload-queue upload-queue "${COMP_WORDS[$COMP_CWORD]}" "${COMP_WORDS[$COMP_CWORD-1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """

    private static func offers(_ words: [String], in commands: QueueCommands) async throws -> [String] {
        let output = commands.folder["offers-\(UUID().uuidString)"]
        let binary = URL(filePath: UploadQueueBinary.path)
        let path = "\(binary.deletingLastPathComponent().path()):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
        let process = try ChildProcess(
            ["bash", "-c", ask, "bash", binary.path()] + words,
            environment: ProcessInfo.processInfo.environment
                .merging(["UPLOAD_QUEUE_DATABASE": commands.database, "PATH": path]) { $1 },
            folder: commands.folder.path,
            files: ("/dev/null", output, "/dev/null")
        )
        try #require(await process.wait().status == 0)
        return try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test func bashOffersCommandsOptionsValuesAndWhatTheQueueHolds() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        try await commands.output("destination", "add", "archive", "--tus", "http://a.example/")
        try await commands.output("destination", "add", "media", "--wix")
        try await commands.output("add", "a", "--to", "archive")
        try await commands.output("add", "a", "--to", "archive")
        for (words, offers) in [
            (["lis"], ["list"]), (["list", "--dest"], ["--destination"]),
            (["list", "--status", "p"], ["pending", "processing", "paused"]),
            (["add", "--to", ""], ["archive", "media"]), (["list", "--destination", "m"], ["media"]),
            (["show", ""], ["2", "1"]), (["destination", "show", "a"], ["archive"]),
            (["run", "--color", ""], ["auto", "always", "never"]),
        ] {
            #expect(try await Self.offers(words, in: commands) == offers, "\(words)")
        }
    }

    @Test func anotherQueueOnTheLineIsAsked() async throws {
        let commands = try QueueCommands()
        let other = commands.folder["other.db"]
        try await commands.output("destination", "add", "elsewhere", "--wix", "--database", other)
        #expect(try await Self.offers(["add", "--database", other, "--to", ""], in: commands) == ["elsewhere"])
    }

    @Test func askingMakesNoQueue() async throws {
        let commands = try QueueCommands()
        #expect(try await Self.offers(["show", ""], in: commands) == [])
        #expect(!FileManager.default.fileExists(atPath: commands.database))
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func scriptsNameEveryCommand(_ shell: String) async throws {
        let script = try await QueueCommands().output("--generate-completion-script", shell)
        for command in [
            "destination", "add", "run", "list", "show", "status", "pause", "resume", "cancel", "retry", "batch",
            "wait",
        ] {
            #expect(script.contains(command))
        }
    }
}
