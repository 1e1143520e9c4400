import Foundation
import GRDB
import Testing

@testable import UploadStore

/// What was erased is found nowhere on the disk any more.
@Suite(.serialized) struct SecretsTests {
    enum Ending: CaseIterable {
        case finalized
        case deleted
        case cancelledAtOnce
        case transferredWithoutFinalize
    }

    @Test(arguments: Ending.allCases)
    func anErasedTokenIsInNeitherFile(ending: Ending) async throws {
        let fixture = try await StoreFixture()
        try await end(fixture, ending)
        #expect(try occurrences(fixture).contains { $0 > 0 }, "the token was never on the disk: the test shows nothing")
        try await fixture.store.forgetErasedSecrets()
        #expect(try occurrences(fixture) == [0, 0])
        #expect(!fixture.store.checkpoint.holdsErasedSecrets)
        #expect(try await fixture.add().count == 1, "the store goes on")
    }

    /// What another process erased is wiped too: the mark is in the database, not in a memory.
    @Test func whatAnotherStoreErasedIsWiped() async throws {
        let fixture = try await StoreFixture()
        let worker = try Store.open(path: fixture.path)
        try await worker.forgetErasedSecrets()
        try await fixture.add(to: "media")
        try await fixture.store.cancel(1, now: StoreFixture.now)
        try await worker.forgetErasedSecrets()
        #expect(try occurrences(fixture) == [0, 0])
        let marks = try await fixture.store.query("SELECT count(*) FROM erased_secret")
        #expect(marks.rows == [["0"]])
    }

    @Test func aHandThatCancelsErasesTheToken() async throws {
        let fixture = try await StoreFixture()
        try await fixture.add(to: "media")
        try await fixture.set("status = 'cancelled', finished_at = '\(StoreFixture.now)'", of: 1)
        let row = try await fixture.row(1)
        #expect(row.uploadToken == nil && row.endpoint == nil && row.uploadURL == nil)
        try await fixture.store.forgetErasedSecrets()
        #expect(try occurrences(fixture) == [0, 0])
    }

    @Test func aKeptTokenIsStillThere() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer, of: "media")
        try await fixture.store.failed(claim, code: "x", message: "y", now: StoreFixture.now)
        try await fixture.store.forgetErasedSecrets()
        #expect(try occurrences(fixture).contains { $0 > 0 })
        #expect(try await fixture.row(1).uploadToken == StoreFixture.token)
    }

    @Test func aReaderInTheWayPutsItOffAndStopsNobody() async throws {
        let fixture = try await StoreFixture()
        try await end(fixture, .finalized)
        let reader = try fixture.rawConnection()
        try await reader.writeWithoutTransaction { try $0.execute(sql: "BEGIN; SELECT count(*) FROM upload") }
        try await fixture.add()
        try await fixture.store.forgetErasedSecrets()
        #expect(fixture.store.checkpoint.holdsErasedSecrets)
        try await fixture.add()
        try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        try await fixture.store.forgetErasedSecrets()
        #expect(try occurrences(fixture) == [0, 0])
    }

    @Test func aWriterInTheWayPutsItOff() async throws {
        let fixture = try await StoreFixture()
        try await end(fixture, .finalized)
        try await fixture.store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA busy_timeout = 0") }
        let writer = try fixture.rawConnection()
        try await writer.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        try await fixture.store.forgetErasedSecrets()
        #expect(fixture.store.checkpoint.holdsErasedSecrets)
        try await writer.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await fixture.store.forgetErasedSecrets()
        #expect(try occurrences(fixture) == [0, 0])
    }

    /// A checkpoint that is due and this one meet on the same two connections.
    @Test func forgettingWhileOthersWriteNeitherBlocksNorLoses() async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<20 { _ = try await store.add((0..<250).map { StoreFixture.upload("\($0)") }) }
                }
            }
            group.addTask {
                for _ in 0..<50 {
                    store.checkpoint.secretsWereErased()
                    try await store.forgetErasedSecrets()
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.query("SELECT count(*), max(id) FROM upload").rows == [["20000", "20000"]])
        #expect(try await store.query("PRAGMA integrity_check").rows == [["ok"]])
    }

    @Test func whatAnotherProcessErasedIsForgottenAfterTheNextOpening() async throws {
        let fixture = try await StoreFixture()
        let other = try Store.open(path: fixture.path)
        try await end(fixture, .cancelledAtOnce)
        let opened = try Store.open(path: fixture.path)
        try await opened.forgetErasedSecrets()
        #expect(try occurrences(fixture) == [0, 0])
        try other.close()
    }

    private func end(_ fixture: StoreFixture, _ ending: Ending) async throws {
        let store = fixture.store
        let worker = try await store.startWorker()
        switch ending {
        case .finalized:
            let claim = try await fixture.claimed(worker, in: .finalize, of: "media")
            try await store.finalized(claim, response: "{}", now: StoreFixture.now)
        case .deleted:
            let claim = try await fixture.claimed(worker, in: .transfer, of: "media")
            try await store.deleted(claim, note: nil, now: StoreFixture.now)
        case .cancelledAtOnce:
            let id = try #require(try await fixture.add(to: "media").first)
            try await store.cancel(id, now: StoreFixture.now)
        case .transferredWithoutFinalize:
            try await store.save(DestinationRow(name: "grants", endpoint: nil))
            let claim = try await fixture.claimed(worker, in: .transfer, of: "grants")
            try await store.transferred(claim, next: .done, now: StoreFixture.now)
        }
        #expect(try await fixture.row(1).uploadToken == nil)
    }

    /// How often the token's bytes stand in the database and in the log.
    private func occurrences(_ fixture: StoreFixture) throws -> [Int] {
        let copies = try TestFolder()
        try copy([fixture.path, fixture.path + "-wal"], to: copies.path)
        return try ["queue.db", "queue.db-wal"].map { name in
            let bytes = try #require(FileManager.default.contents(atPath: copies.file(name)))
            var count = 0
            var rest = bytes[...]
            for secret in [StoreFixture.token, StoreFixture.signedURL] {
                rest = bytes[...]
                while let found = rest.range(of: Data(secret.utf8)) {
                    count += 1
                    rest = rest[found.upperBound...]
                }
            }
            return count
        }
    }
}
