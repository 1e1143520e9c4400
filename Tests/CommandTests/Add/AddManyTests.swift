#if os(Linux)
import Foundation
import Synchronization
import Testing

/// Many files: no more memory than for a few, and nothing twice after a crash.
@Suite(.serialized, .timeLimit(.minutes(10))) struct AddManyTests {
    private static let many = RandomKillTests.Scale.isFull ? 100_000 : 8_000

    @Test func manyFilesNeedLittleMemory() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        #expect(mkfifo(commands.folder["list"], 0o600) == 0)
        let adding = try commands.start("add", "--from-file", "list", "--to", "http://127.0.0.1:9/")
        // The list stays open until the memory was looked at; by then all but the last files are added.
        let peak = await withCheckedContinuation { continuation in
            Thread.detachNewThread { [path = commands.folder["list"]] in
                guard let list = FileHandle(forWritingAtPath: path) else { return continuation.resume(returning: 0) }
                let lines = Data(String(repeating: "a\n", count: 1000).utf8)
                for _ in 0..<Self.many / 1000 { list.write(lines) }
                continuation.resume(returning: adding.peakMemory ?? 0)
                try? list.close()
            }
        }
        let ending = try await adding.wait()
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(ending.errors.hasSuffix("\(Self.many) added\n"))
        print("proof: peak memory of an add of \(Self.many) files: \(peak) KiB")
        #expect(peak > 0)
        #expect(peak < 64 << 10)
    }

    /// More files in a folder than are sorted.
    @Test func aLargeFolderIsAddedWhole() async throws {
        let commands = try QueueCommands()
        let ending = try await commands.shell(
            """
            mkdir in && (cd in && seq 1 12000 | xargs touch)
            upload-queue add --recursive in --to http://127.0.0.1:9/ 2>&1 > ids; wc -l < ids
            sqlite3 queue.db 'SELECT count(DISTINCT source_path) FROM upload'
            """
        )
        #expect(ending.output == "upload-queue: 12000 added\n12000\n12000\n")
    }

    @Test func anAddThatWasKilledGoesOnWithoutAddingTwice() async throws {
        let commands = try QueueCommands()
        let made = try await commands.shell("mkdir in && cd in && seq 1 1300 | xargs touch")
        #expect(made.status == 0)
        let library = try await KillShim.build(in: commands.folder)
        try await commands.output("destination", "add", "here", "--tus", "http://127.0.0.1:9/")
        let add = ["add", "--recursive", "in", "--unique", "--to", "here"]
        var counts: [Int] = []
        // Steps that meet each transaction, and the moments between them.
        for call in stride(from: 40, through: 4_000, by: 61) {
            let environment = commands.environment.merging(KillShim.environment(library: library, killAt: call)) { $1 }
            let ending = try await Command.run(add, in: commands.folder, environment: environment)
            let rows = try await SQLiteShell.run("SELECT count(*) FROM upload", on: commands.database)
            counts.append(Int(rows[0]) ?? -1)
            if !ending.killed { break }
        }
        #expect(counts.count > 2)
        #expect(counts == counts.sorted() && counts.allSatisfy { $0.isMultiple(of: 500) || $0 == 1300 }, "\(counts)")
        let last = try await Command.run(add, in: commands.folder, environment: commands.environment)
        #expect(last.status == 0)
        #expect(Set(last.lines).count == 1300)
        let rows = try await SQLiteShell.run(
            "SELECT count(*), count(DISTINCT source_path) FROM upload",
            on: commands.database
        )
        #expect(rows == ["1300|1300"])
        try await commands.expectWholeDatabase()
    }
}
#endif
