import Foundation
import GRDB
import Testing

@testable import UploadStore

@Suite(.serialized) struct CheckpointTests {
    /// Bytes of the frames at which a stranger's connection checkpoints by itself.
    private static let strangersLimit = 1000 * (4096 + 24)

    @Test func theLogStaysShortOverThousandsOfWrites() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        var longest = 0
        for round in 0..<200 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask { _ = try await store.add([StoreFixture.upload("\(round)-\(number)")]) }
                }
                try await group.waitForAll()
            }
            longest = max(longest, size(of: fixture.path + "-wal"))
        }
        #expect(longest > 0)
        #expect(longest < Self.strangersLimit)
        #expect(try await store.query("SELECT count(*) FROM upload").rows == [["4000"]])
    }

    /// A few changes each, spread over the whole file, touch the most pages.
    @Test func theLogStaysShortWhereManyRowsChange() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        _ = try await store.add((0..<4000).map { StoreFixture.upload("\($0)") })
        var longest = 0
        for round in 0..<8 as Range<Int64> {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<250 as Range<Int64> {
                    group.addTask { try await store.pause(1 + number * 16 + round) }
                }
                try await group.waitForAll()
            }
            longest = max(longest, size(of: fixture.path + "-wal"))
        }
        #expect(longest < Self.strangersLimit)
        #expect(try await store.query("SELECT count(*) FROM upload WHERE status = 'paused'").rows == [["2000"]])
    }

    @Test func aLongReaderMakesTheLogGrowAndLosesNothing() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        let reader = try fixture.rawConnection()
        try await reader.writeWithoutTransaction { try $0.execute(sql: "BEGIN; SELECT count(*) FROM upload") }
        for _ in 0..<40 { _ = try await store.add((0..<250).map { StoreFixture.upload("\($0)") }) }
        let grown = size(of: fixture.path + "-wal")
        #expect(grown > Self.strangersLimit)
        let seen = try await reader.writeWithoutTransaction { try Int.fetchOne($0, sql: "SELECT count(*) FROM upload") }
        #expect(seen == 0, "the reader's snapshot stayed")
        try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        for _ in 0..<20 { _ = try await store.add((0..<250).map { StoreFixture.upload("\($0)") }) }
        #expect(size(of: fixture.path + "-wal") <= Checkpoint.largestIdleLog, "the log shrank when it started again")
        #expect(try await store.query("SELECT count(*), max(id) FROM upload").rows == [["15000", "15000"]])
        #expect(try await store.query("PRAGMA integrity_check").rows == [["ok"]])
    }

    @Test func storesThatWriteTogetherLoseNothing() async throws {
        let folder = try TestFolder()
        let path = folder.file("queue.db")
        let stores = try (0..<3).map { _ in try Store.open(path: path) }
        try await stores[0].save(DestinationRow(name: "archive", endpoint: "https://tus.example.org/"))
        let acknowledged = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for task in 0..<12 {
                group.addTask {
                    var ids: [Int64] = []
                    for round in 0..<40 {
                        ids += try await stores[task % 3].add(
                            (0..<3).map { StoreFixture.upload("\(task)-\(round)-\($0)") }
                        )
                    }
                    return ids
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        for store in stores { try store.close() }
        let shell = Shell(path: path)
        #expect(try shell.run("PRAGMA integrity_check") == "ok")
        let there = try shell.run("SELECT id FROM upload ORDER BY id").split(separator: "\n").compactMap { Int64($0) }
        #expect(there == acknowledged.sorted())
        #expect(there.count == 1440)
        #expect(try shell.run("SELECT count(*), max(seq) FROM upload_event") == "1440|1440")
    }

    @Test func aShellThatWritesInBetweenLosesNothing() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        let shell = Shell(path: fixture.path, prelude: "PRAGMA busy_timeout = 20000;")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for round in 0..<40 { _ = try await store.add([StoreFixture.upload("\(task)-\(round)")]) }
                }
            }
            group.addTask {
                for number in 0..<20 {
                    try shell.run(
                        "INSERT INTO upload (source_path, destination) VALUES ('/shell/\(number)', 'archive')"
                    )
                }
            }
            try await group.waitForAll()
        }
        #expect(try shell.run("SELECT count(*) FROM upload") == "20000\n180")
        #expect(try await store.query("PRAGMA integrity_check").rows == [["ok"]])
    }
}
