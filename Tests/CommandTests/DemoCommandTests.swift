import Foundation
import Testing

@Suite(.serialized) struct DemoCommandTests {
    private static func run(_ arguments: [String], _ commands: QueueCommands) async throws -> Command.Ending {
        try FileManager.default.createDirectory(atPath: commands.folder["temporary"], withIntermediateDirectories: true)
        return try await Command.run(
            ["demo"] + arguments,
            in: commands.folder,
            environment: ["TMPDIR": commands.folder["temporary"], "HOME": commands.folder["home"]]
        )
    }

    private static func leftovers(_ commands: QueueCommands) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: commands.folder["temporary"])
    }

    @Test func killsResumesAndChecksEverything() async throws {
        let commands = try QueueCommands()
        try commands.folder.write("large.bin", bytes: 20_000_000, seed: 1)
        try commands.write("small.txt")
        try commands.write("empty.txt", "")
        let ending = try await Self.run(["small.txt", "large.bin", "empty.txt"], commands)
        #expect(ending.status == 0, "\(ending.output)\(ending.errors)")
        #expect(ending.output.contains("kill -9 ended it"))
        #expect(ending.output.contains("re-sent: "))
        #expect(ending.output.contains("SHA-256 of 4 of 4 files"))
        #expect(ending.output.contains("All 9 checks passed."))
        #expect(ending.output.contains("What to try next"))
        #expect(!ending.output.contains("FAILED"))
        #expect(try Self.leftovers(commands).isEmpty)
    }

    @Test func aSmallFileCannotEscapeTheKill() async throws {
        let commands = try QueueCommands()
        try commands.write("small.txt")
        let ending = try await Self.run(["small.txt"], commands)
        #expect(ending.status == 0, "\(ending.output)\(ending.errors)")
    }

    @Test func whatCannotBeInterruptedIsRefused() async throws {
        let commands = try QueueCommands()
        try commands.write("empty.txt", "")
        #expect(try await Self.run(["empty.txt"], commands).status == 64)
        #expect(try await Self.run(["missing.txt"], commands).status == 66)
        #expect(try Self.leftovers(commands).isEmpty)
    }

    @Test func keepsItsFolderWhenAsked() async throws {
        let commands = try QueueCommands()
        try commands.write("small.txt")
        let ending = try await Self.run(["small.txt", "--keep"], commands)
        let kept = try #require(try Self.leftovers(commands).first)
        #expect(ending.lines.last?.hasSuffix("/" + kept) == true)
        #expect(FileManager.default.fileExists(atPath: commands.folder["temporary/\(kept)/queue.db"]))
    }
}
