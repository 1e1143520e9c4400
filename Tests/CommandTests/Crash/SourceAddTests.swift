#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// Adds a file once more while a worker is in the middle of deleting or moving it: it is refused, and the file goes.
@Suite(.timeLimit(.minutes(10))) struct SourceAddTests {
    private static let mostCalls = 20

    @Test(arguments: [["--delete-after"], ["--move-to", "out"]], [SIGCONT, SIGKILL])
    func whatIsAddedMeanwhileIsRefused(_ fate: [String], _ ending: Int32) async throws {
        let folder = try TemporaryFolder()
        let library = try await PreloadedLibrary.build("stop", linking: "dl", in: folder)
        try FileManager.default.createDirectory(atPath: folder["out"], withIntermediateDirectories: false)
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            for call in 1...Self.mostCalls {
                let (database, inbox) = (folder["\(call).db"], folder["in-\(call)"])
                try FileManager.default.createDirectory(atPath: inbox, withIntermediateDirectories: false)
                let file = try folder.write("in-\(call)/file-\(call)", bytes: 1000, seed: UInt64(call))
                let add = ["add", file, "--to", server.endpoint, "--database", database]
                #expect(try await Command.run(add + fate, in: folder).status == 0)
                let drain = ["run", "--drain", "--database", database]
                let worker = try Command(
                    drain,
                    in: folder,
                    environment: [
                        "LD_PRELOAD": library, "UPLOAD_QUEUE_STOP_IN": inbox, "UPLOAD_QUEUE_STOP_AT": "\(call)",
                    ]
                )
                defer { if worker.isRunning { worker.signal(SIGKILL) } }
                while worker.isRunning, !Self.isStopped(worker.pid) {
                    try Task.checkCancellation()
                    await Task.yield()
                }
                let stopped = worker.isRunning
                let added = try await Command.run(add, in: folder)
                worker.signal(ending)
                _ = try await worker.wait()
                #expect(try await Command.run(drain, in: folder).status == 0)
                try await Self.check(added, database, inbox, call)
                if !stopped {
                    #expect(call > 2, "it was never in the middle")
                    return
                }
            }
            Issue.record("the worker made more than \(Self.mostCalls) calls")
        }
    }

    private static func check(_ added: Command.Ending, _ database: String, _ inbox: String, _ call: Int) async throws {
        let rows = try await SQLiteShell.run("SELECT status, source_settled FROM upload", on: database)
        #expect(added.status == 66, "at call \(call): \(added.errors)")
        #expect(rows == ["completed|1"], "at call \(call)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: inbox) == [], "at call \(call)")
    }

    private static func isStopped(_ pid: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return status.split(separator: ")").last?.hasPrefix(" T ") == true
    }
}
#endif
