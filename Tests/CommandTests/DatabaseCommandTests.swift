import Foundation
import Testing

/// Which queue the commands work on, and which files they refuse.
@Suite struct DatabaseCommandTests {
    @Test func defaultFileIsPrivateInTheStateFolder() async throws {
        let commands = try QueueCommands()
        try await commands.output("list", environment: ["UPLOAD_QUEUE_DATABASE": ""])
        let folder = commands.folder["home/.local/state/upload-queue"]
        #expect(try Self.mode(folder) == 0o700)
        #expect(try Self.mode(folder + "/queue.db") == 0o600)
    }

    @Test func stateFolderIsWhereTheEnvironmentSays() async throws {
        let commands = try QueueCommands()
        let state = commands.folder["state"]
        try await commands.output("list", environment: ["UPLOAD_QUEUE_DATABASE": "", "XDG_STATE_HOME": state])
        #expect(FileManager.default.fileExists(atPath: state + "/upload-queue/queue.db"))
        #expect(!FileManager.default.fileExists(atPath: commands.folder["home/.local"]))
    }

    @Test func optionIsTakenBeforeAndAfterTheCommandAndBeatsTheEnvironment() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        let other = commands.folder["other.db"]
        try await commands.output("--database", other, "add", "a", "--to", "http://localhost/")
        #expect(try await commands.array("list", "--database", other, "--json").count == 1)
        #expect(!FileManager.default.fileExists(atPath: commands.database))
    }

    @Test func namedFileThatIsMissingIsNotMadeByLooking() async throws {
        let commands = try QueueCommands()
        for arguments in [["list"], ["status"], ["show", "1"], ["pause", "1"], ["destination", "list"]] {
            let ending = try await Command.run(arguments + ["--database", "typo.db"], in: commands.folder)
            #expect(ending.status == 66)
            #expect(ending.errors.contains("there is no queue at typo.db"))
        }
        #expect(!FileManager.default.fileExists(atPath: commands.folder["typo.db"]))
    }

    @Test func missingFolderIsNotMade() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        let ending = try await commands.run("add", "a", "--to", "http://localhost/", "--database", "missing/queue.db")
        #expect(ending.status == 73)
        #expect(ending.errors.hasPrefix("upload-queue: "))
        #expect(!FileManager.default.fileExists(atPath: commands.folder["missing"]))
    }

    @Test func fileThatIsNoDatabaseIsLeftAlone() async throws {
        let commands = try QueueCommands()
        let text = String(repeating: "This is a letter, and no database at all.\n", count: 100)
        let path = try commands.write("letter.txt", text)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        for arguments in [["list"], ["run", "--drain"], ["destination", "add", "a", "--wix"]] {
            let ending = try await Command.run(arguments + ["--database", path], in: commands.folder)
            #expect(ending.status == 78)
            #expect(ending.errors.contains("not a SQLite database"))
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test func fileThatOthersCanReadIsRefused() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--wix")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: commands.database)
        let ending = try await commands.run("list")
        #expect(ending.status == 78)
        #expect(ending.errors.contains("chmod 600"))
    }

    @Test func resultsThatCannotBeWrittenAreAnError() async throws {
        let commands = try QueueCommands()
        try await commands.output("destination", "add", "a", "--wix")
        let process = try ChildProcess(
            [UploadQueueBinary.path, "status", "--database", commands.database],
            environment: ProcessInfo.processInfo.environment,
            folder: commands.folder.path,
            files: ("/dev/null", "/dev/full", "/dev/null")
        )
        #expect(await process.wait().status == 74)
    }

    private static func mode(_ path: String) throws -> Int? {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue
    }
}
