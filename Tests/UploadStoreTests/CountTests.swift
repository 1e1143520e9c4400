import GRDB
import Testing

@testable import UploadStore

/// The counts that triggers keep, against a recount.
@Suite struct CountTests {
    private static let recount = """
        SELECT batch, destination, status, count(*) AS uploads, sum(upload_offset) AS bytes_there,
            coalesce(sum(upload_length), 0) AS bytes
        FROM upload GROUP BY batch, destination, status ORDER BY 1, 2, 3
        """
    private static let kept = "SELECT * FROM upload_count ORDER BY batch, destination, status"

    /// A generator whose walk can be repeated.
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func theyEqualARecountAfterEveryTransition(seed: UInt64) async throws {
        let fixture = try await StoreFixture()
        let store = fixture.store
        try await store.save(DestinationRow(name: "minting", endpoint: nil, finalize: "wix", mints: true))
        var random = Seeded(state: seed &* 0x9E37_79B9_7F4A_7C15)
        var workers = [try await store.startWorker(), try await store.startWorker()]
        var claims: [Claim] = []
        var done: [String: Int] = [:]
        for step in 0..<500 {
            let (name, isDone) = try await Self.step(fixture, &workers, &claims, &random)
            if isDone { done[name, default: 0] += 1 }
            let (kept, counted) = try await store.read { db in
                (
                    try Row.fetchAll(db, sql: Self.kept).map(\.description),
                    try Row.fetchAll(db, sql: Self.recount).map(\.description)
                )
            }
            try #require(kept == counted, "step \(step): \(name)")
        }
        // A walk that is refused everywhere would hold nothing.
        #expect(done.count >= 18, "\(done)")
        #expect(
            try await store.query("SELECT count(*) FROM upload_count WHERE uploads < 1 OR bytes < 0").rows == [["0"]]
        )
    }

    /// One change at random; false where the queue's rules refuse it, which must change no count either.
    private static func step(
        _ fixture: StoreFixture,
        _ workers: inout [Worker],
        _ claims: inout [Claim],
        _ random: inout Seeded
    ) async throws -> (name: String, isDone: Bool) {
        let store = fixture.store
        let number = Int.random(in: 0..<26, using: &random)
        let offset = Int64.random(in: 0...100, using: &random)
        let id = try await store.query("SELECT id FROM upload ORDER BY (id * 7919 + \(offset * 131)) % 997 LIMIT 1")
            .rows
            .first.flatMap { Int64($0[0]) }
        let name = "\(number)"
        let now = StoreFixture.now
        let index = claims.indices.randomElement(using: &random)
        do {
            if let done = try await free(number, id ?? 0, fixture, &workers, &claims, offset) { return (name, done) }
            guard let index else { return (name, false) }
            let claim = claims[index]
            switch number {
            case 12: try await store.minted(claim, endpoint: "https://m.example.org/1", token: "t", expiresAt: nil)
            case 13: try await store.created(claim, url: "https://m.example.org/1/\(offset)", completing: false)
            case 14: try await store.acknowledged(claim, offset: offset, completing: offset > 50)
            case 15: try await store.transferred(claim, next: .done, now: now)
            case 16: try await store.transferred(claim, next: .finalize, now: now)
            case 17: try await store.finalized(claim, response: "{}", now: now)
            case 18: try await store.tryLater(claim, at: StoreFixture.later, code: "timeout", message: "slow")
            case 19: try await store.gone(claim, code: "http_404", message: "gone")
            case 20: try await store.released(claim)
            case 21: try await store.failed(claim, code: "http_400", message: "no", now: now)
            case 22: try await store.parked(claim, reason: "quota", code: "quota", message: "full")
            case 23: try await store.paused(claim)
            case 24: try await store.deleted(claim, note: nil, now: now)
            default: try await store.identified(claim, as: StoreFixture.identity(length: 100 + offset))
            }
            return (name, true)
        } catch let error as UploadStoreError {
            if error.code == .claimLost, let index { claims.remove(at: index) }
            return (name, false)
        }
    }

    /// A change that needs no claim; nil where the number stands for one that does.
    private static func free(
        _ number: Int,
        _ id: Int64,
        _ fixture: StoreFixture,
        _ workers: inout [Worker],
        _ claims: inout [Claim],
        _ offset: Int64
    ) async throws -> Bool? {
        let store = fixture.store
        switch number {
        case 0, 1:
            var upload = StoreFixture.upload("\(offset)", to: ["archive", "media", "minting"][Int(offset) % 3])
            if upload.destination == "minting" {
                (upload.endpoint, upload.uploadToken, upload.phase) = (nil, nil, .mint)
            }
            upload.batch = ["", "monday", "tuesday"][Int(offset) / 3 % 3]
            return try await store.add([upload], existing: .keep)[0].isNew
        case 2:
            try await fixture.store.commits.write { db in
                try db.execute(sql: "INSERT INTO upload (source_path, destination) VALUES ('/by/sql', 'archive')")
            }
        case 3, 4, 5:
            claims += try await fixture.claim(workers[number % 2], limit: 3).map(\.claim)
        case 6: try await store.pause(id)
        case 7: try await store.resume(id)
        case 8: try await store.cancel(id, now: StoreFixture.now)
        case 9: try await store.retry(id, fromStart: offset > 50)
        case 10:
            if offset > 60 { return try await store.remove([id]).uploads > 0 }
            try await store.markCompleted(id, now: StoreFixture.now)
        case 11:
            // A worker stops, or dies.
            let worker = workers.removeFirst()
            if offset > 50 { try await store.stopWorker(worker) }
            workers.append(try await store.startWorker())
            return try await !store.takeOverDead(except: nil, now: StoreFixture.now).isEmpty || offset > 50
        default: return nil
        }
        return true
    }
}
