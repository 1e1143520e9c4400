import Foundation
import Testing

/// Its files: their modes, their folder, and what others put there.
extension DoctorCommandTests {
    @Test func modesAreRepaired() async throws {
        let commands = try await Self.queue()
        // The connection that is closed last takes the log with it.
        if !FileManager.default.fileExists(atPath: commands.folder["queue.db-wal"]) {
            try commands.write("queue.db-wal", "")
        }
        for file in ["queue.db", "queue.db-wal"] {
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: commands.folder[file])
        }
        let refused = try await Self.report(commands, status: 1)
        #expect(Self.wrong(refused) == ["problem files"])
        #expect(refused.count == 1)
        #expect(refused[0].message.contains("chmod 600") && refused[0].advice == "or `upload-queue doctor --fix`")
        let fixed = try await Self.report(commands, "--fix", status: 0)
        #expect(Self.wrong(fixed) == ["fixed files"])
        #expect(fixed[0].message.contains(commands.database))
        #expect(Self.wrong(try await Self.report(commands, status: 0)) == [])
    }

    @Test func aFolderThatAnybodyMayWriteInIsTold() async throws {
        let commands = try await Self.queue()
        for (mode, wrong) in [(0o777, ["warning files"]), (0o1777, []), (0o755, [])] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: commands.folder.path)
            #expect(Self.wrong(try await Self.report(commands, status: 0)) == wrong)
        }
    }

    /// The file that a link of somebody else's leads to keeps its mode.
    @Test func aPlantedLinkIsToldAndNotFollowed() async throws {
        let commands = try await Self.queue()
        let other = try commands.write("other")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: other)
        try? FileManager.default.removeItem(atPath: commands.folder["queue.db-wal"])
        try FileManager.default.createSymbolicLink(atPath: commands.folder["queue.db-wal"], withDestinationPath: other)
        for options in [[], ["--fix"]] {
            let ending = try await Command.run(
                ["doctor"] + options,
                in: commands.folder,
                environment: commands.environment
            )
            #expect(ending.status == 1 && ending.output.contains("queue.db-wal is a link"), "\(ending.output)")
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: other)
        #expect(attributes[.posixPermissions] as? Int == 0o644)
        let refused = try await commands.run("list")
        #expect(refused.status == 78 && refused.errors.contains("queue.db-wal is a link"))
    }
}
