#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// What a worker has in memory is not written to a file when it crashes.
@Suite(.timeLimit(.minutes(5))) struct CoreDumpTests {
    @Test func aWorkerThatCrashesLeavesNoCore() async throws {
        let commands = try QueueCommands()
        try commands.folder.write("file.bin", bytes: 8 << 20, seed: 1)
        var configuration = DevelopmentServer.Configuration(directory: commands.folder["server"])
        configuration.faults = [Fault(.step(.transfer), .stall(afterBytes: 4 << 20), times: 100)]
        try await withDevelopmentServer(configuration) { server in
            try await commands.output("add", "file.bin", "--to", server.endpoint)
            let worker = try commands.start("run")
            while try await SQLiteShell.run("SELECT phase FROM upload", on: commands.database) != ["transfer"] {
                try #require(worker.isRunning)
            }
            let limits = try String(contentsOfFile: "/proc/\(worker.pid)/limits", encoding: .utf8)
            let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
            #expect(core.split(separator: " ").dropFirst(4).first == "0", "\(core)")
            // No secret is an argument, which everyone can read; the address is none.
            let arguments = try String(contentsOfFile: "/proc/\(worker.pid)/cmdline", encoding: .utf8)
            #expect(arguments.split(separator: "\0").dropFirst() == ["run"])
            // Ends a process as a crash does; of others Swift itself tells, which takes minutes.
            worker.signal(SIGXCPU)
            #expect(try await worker.wait().killed)
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: commands.folder.path)
        #expect(!left.contains { $0.hasPrefix("core") }, "\(left)")
    }
}
#endif
