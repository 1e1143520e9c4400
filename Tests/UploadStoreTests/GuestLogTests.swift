import Foundation
import GRDB
import Testing

@testable import UploadStore

/// The write-ahead log of a program's own database that a queue lives in.
@Suite(.serialized) struct GuestLogTests {
    /// Bytes of the frames at which a stranger's connection checkpoints by itself.
    private static let strangersLimit = 1000 * (4096 + 24)

    private func longestLog(_ program: Program, commits: Int) throws -> Int {
        var longest = 0
        for number in 0..<commits {
            try program.scan("/scans/\(number).tif")
            longest = max(longest, size(of: program.path + "-wal"))
        }
        return longest
    }

    @Test func itStaysShortWhereOnlyTheProgramWrites() async throws {
        let program = try Program()
        let store = try program.open()
        let longest = try longestLog(program, commits: 3000)
        #expect(longest > 0 && longest < Self.strangersLimit)
        // Within one call that holds the writer, too.
        try await program.pool.writeWithoutTransaction { db in
            for number in 0..<3000 {
                try db.execute(sql: "INSERT INTO scan (path) VALUES (?)", arguments: ["/more/\(number)"])
            }
        }
        #expect(size(of: program.path + "-wal") < Self.strangersLimit)
        #expect(try program.number("SELECT count(*) FROM scan") == 6000)
        #expect(try await store.query("PRAGMA integrity_check").rows == [["ok"]])
    }

    @Test(arguments: [true, false])
    func itStaysShortAfterTheQueueIsGone(isClosed: Bool) async throws {
        let program = try Program()
        var store: Store? = try program.open()
        if isClosed { try store?.close() }
        store = nil
        #expect(try longestLog(program, commits: 2000) < Self.strangersLimit)
        #expect(try program.number("SELECT count(*) FROM scan") == 2000)
        let again = try program.open()
        try await again.save(DestinationRow(name: "archive", endpoint: "https://tus.example.org/"))
        #expect(try await again.add([StoreFixture.upload()]) == [1])
    }

    @Test func aCheckpointWaitsWhereAnotherProcessWrites() async throws {
        let program = try Program()
        _ = try program.open()
        let other = try DatabasePool(path: program.path)
        // A reader keeps the log from being copied as a whole; nothing is lost, and it shrinks afterwards.
        try await other.read { _ in _ = try longestLog(program, commits: 1500) }
        #expect(try longestLog(program, commits: 1500) > 0)
        #expect(size(of: program.path + "-wal") <= Checkpoint.largestIdleLog)
        #expect(try program.number("SELECT count(*) FROM scan") == 3000)
        #expect(try Shell(path: program.path).run("PRAGMA integrity_check") == "ok")
    }

    @Test func programAndQueueWriteTogetherAndLoseNothing() async throws {
        let program = try Program()
        let store = try program.open()
        try await store.save(DestinationRow(name: "archive", endpoint: "https://tus.example.org/"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for round in 0..<100 { _ = try await store.add([StoreFixture.upload("\(task)-\(round)")]) }
                }
                group.addTask {
                    for round in 0..<200 {
                        try await program.pool.write { db in
                            try db.execute(
                                sql: "INSERT INTO scan (path) VALUES (?)",
                                arguments: ["/\(task)/\(round)"]
                            )
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(size(of: program.path + "-wal") < Self.strangersLimit)
        let shell = Shell(path: program.path)
        #expect(try shell.run("SELECT count(*) FROM scan; SELECT count(*) FROM upload") == "800\n400")
        #expect(try shell.run("PRAGMA integrity_check") == "ok")
    }

    /// The connection keeps what checkpoints it, and nothing keeps the connection.
    @Test func nothingIsLeftOnceTheProgramClosesItsDatabase() async throws {
        weak var checkpoint: Checkpoint?
        weak var replaced: Checkpoint?
        do {
            let program = try Program()
            replaced = try program.open().checkpoint
            #expect(replaced != nil, "the queue is gone, and its connection goes on")
            checkpoint = try program.open().checkpoint
            #expect(replaced == nil)
            #expect(checkpoint != nil)
            try program.scan("/scans/1.tif")
            try program.pool.close()
            #expect(checkpoint == nil)
        }
        weak var pool: DatabasePool?
        do {
            let program = try Program()
            _ = try program.open()
            pool = program.pool
            checkpoint = try program.open().checkpoint
        }
        #expect(pool == nil)
        #expect(checkpoint == nil)
    }

    @Test func erasedSecretsAreWipedFromIt() async throws {
        let program = try Program()
        let store = try program.open()
        try await store.save(DestinationRow(name: "media", endpoint: nil, finalize: "wix"))
        let id = try #require(try await store.add([StoreFixture.upload(to: "media")]).first)
        func holdsToken() throws -> Bool {
            try [program.path, program.path + "-wal"].contains { file in
                let bytes = try Data(contentsOf: URL(filePath: file))
                return bytes.range(of: Data(StoreFixture.token.utf8)) != nil
            }
        }
        #expect(try holdsToken())
        try await store.cancel(id, now: StoreFixture.now)
        try await store.forgetErasedSecrets()
        #expect(try !holdsToken())
        #expect(try program.dump().hasPrefix(Program.header + "\n"))
    }
}
