import Foundation
import GRDB
import Testing

@testable import UploadStore

/// Destinations whose grants the queue gets by itself, and what a person decides about their uploads.
@Suite(.serialized) struct MintTests {
    private static let token = "s3cret-token-of-this-upload"

    private func fixture() async throws -> (StoreFixture, Worker) {
        let fixture = try await StoreFixture()
        try await fixture.store.save(
            DestinationRow(name: "host", endpoint: nil, finalize: "wix", configuration: #"{"version":1}"#, mints: true)
        )
        return (fixture, try await fixture.store.startWorker())
    }

    private func add(_ fixture: StoreFixture) async throws -> Int64 {
        var upload = StoreFixture.upload(to: "archive")
        upload.destination = "host"
        upload.phase = .mint
        return try #require(try await fixture.store.add([upload]).first)
    }

    private func minted(_ fixture: StoreFixture, _ worker: Worker) async throws -> Claim {
        let id = try await add(fixture)
        let claim = try #require(try await fixture.claim(worker).first { $0.claim.uploadID == id }).claim
        try await fixture.store.minted(
            claim,
            endpoint: "https://upload.example.org/tus",
            token: Self.token,
            expiresAt: StoreFixture.later
        )
        return claim
    }

    @Test func aDestinationKeepsItsConfiguration() async throws {
        let (fixture, _) = try await fixture()
        let row = try #require(try await fixture.store.destination("host"))
        #expect(row.mints && row.configuration == #"{"version":1}"#)
        try await fixture.store.save(DestinationRow(name: "host", endpoint: "https://a.example.org/"))
        let plain = DestinationRow(name: "host", endpoint: "https://a.example.org/")
        #expect(try await fixture.store.destination("host") == plain)
    }

    @Test func aGrantIsDurableBeforeTheUploadIsCreated() async throws {
        let (fixture, worker) = try await fixture()
        let claim = try await minted(fixture, worker)
        let row = try await fixture.row(claim.uploadID)
        #expect(row.phase == .create && row.uploadToken == Self.token)
        #expect(row.endpoint == "https://upload.example.org/tus" && row.expiresAt == StoreFixture.later)
        #expect(try await fixture.events(claim.uploadID).map(\.event) == ["add", "claim", "minted"])
    }

    /// What the mint took says nothing of how often a creation is tried.
    @Test func aGrantEndsTheTriesOfTheMint() async throws {
        let (fixture, worker) = try await fixture()
        let id = try await add(fixture)
        let first = try #require(try await fixture.claim(worker).first).claim
        try await fixture.store.tryLater(first, at: StoreFixture.now, code: "server_error", message: "m")
        #expect(try await fixture.row(id).attempt == 1)
        let claim = try #require(try await fixture.claim(worker).first).claim
        let endpoint = "https://upload.example.org/tus"
        try await fixture.store.minted(claim, endpoint: endpoint, token: Self.token, expiresAt: nil)
        #expect(try await fixture.row(id).attempt == 0)
    }

    /// A host that creates the upload itself leaves nothing to create.
    @Test func anUploadThatTheHostCreatedIsTransferred() async throws {
        let (fixture, worker) = try await fixture()
        let id = try await add(fixture)
        let claim = try #require(try await fixture.claim(worker).first).claim
        let url = "https://upload.example.org/tus/1?signature=\(Self.token)"
        try await fixture.store.minted(
            claim,
            endpoint: url,
            token: url,
            uploadURL: url,
            captured: #"{"uri":"/videos/1"}"#,
            expiresAt: nil
        )
        let row = try await fixture.row(id)
        #expect(row.phase == .transfer && row.uploadURL == url && row.captured == #"{"uri":"/videos/1"}"#)
        let last = try #require(try await fixture.events(id).last)
        #expect(last.event == "minted" && last.phase == "transfer")
        try await fixture.store.gone(claim, next: .mint, code: "gone", message: "m")
        #expect(try await fixture.row(id).captured == nil)
        #expect(try await fixture.row(id).uploadURL == nil)
    }

    @Test func whatTheAnswerToACreationHadIsKept() async throws {
        let (fixture, worker) = try await fixture()
        let claim = try await minted(fixture, worker)
        let url = "https://upload.example.org/tus/1"
        try await fixture.store.created(claim, url: url, completing: false, captured: #"{"videoID":"7"}"#)
        #expect(try await fixture.row(claim.uploadID).captured == #"{"videoID":"7"}"#)
        let refused = try await storeError {
            try await fixture.store.created(claim, url: url, completing: false, captured: "7")
        }
        #expect(refused.message.contains("captured"))
    }

    /// A plain INSERT names no phase; its claim starts with the mint.
    @Test func whatSQLAddsIsMintedToo() async throws {
        let (fixture, worker) = try await fixture()
        try Shell(path: fixture.path).run(
            "INSERT INTO upload (source_path, destination) VALUES ('/data/a.tif', 'host')"
        )
        let claimed = try #require(try await fixture.claim(worker).first)
        #expect(claimed.upload.phase == .mint && claimed.destination.mints)
        let events = try await fixture.events(claimed.claim.uploadID)
        #expect(events.map(\.event) == ["add", "claim"] && events.last?.phase == "mint")
    }

    @Test func whatBroughtAGrantIsNotMinted() async throws {
        let (fixture, worker) = try await fixture()
        var upload = StoreFixture.upload(to: "media")
        upload.destination = "host"
        _ = try await fixture.store.add([upload])
        #expect(try await fixture.claim(worker).first?.upload.phase == .create)
        var wrong = upload
        wrong.phase = .mint
        let refused = try await storeError { [wrong] in _ = try await fixture.store.add([wrong]) }
        #expect(refused.code == .refused)
    }

    @Test(arguments: [Phase.create, .transfer])
    func aSpentGrantIsForgotten(phase: Phase) async throws {
        let (fixture, worker) = try await fixture()
        let claim = try await minted(fixture, worker)
        if phase == .transfer {
            try await fixture.store.created(claim, url: "https://upload.example.org/tus/1", completing: false)
        }
        try await fixture.store.gone(claim, next: .mint, code: "grant_replaced", message: "m")
        let row = try await fixture.row(claim.uploadID)
        #expect(row.phase == .mint && row.restarts == 1)
        #expect(row.uploadToken == nil && row.endpoint == nil && row.uploadURL == nil && row.expiresAt == nil)
        let event = phase == .create ? "reminted" : "gone"
        #expect(try await fixture.events(claim.uploadID).last?.event == event)
        try await fixture.store.forgetErasedSecrets()
        for file in [fixture.path, fixture.path + "-wal"] {
            let bytes = try Data(contentsOf: URL(filePath: file))
            #expect(bytes.range(of: Data(Self.token.utf8)) == nil, "\(file)")
        }
    }

    private func finalizing(_ fixture: StoreFixture, _ worker: Worker) async throws -> Claim {
        let claim = try await minted(fixture, worker)
        try await fixture.store.created(claim, url: "https://upload.example.org/tus/1", completing: true)
        try await fixture.store.transferred(claim, next: .finalize, now: StoreFixture.now)
        try await fixture.store.finalizeSent(claim)
        return claim
    }

    @Test(arguments: [nil, "unconfirmed"])
    func aConfirmedUploadIsCompleted(note: String?) async throws {
        let (fixture, worker) = try await fixture()
        let claim = try await finalizing(fixture, worker)
        try await fixture.store.finalized(claim, response: "{}", next: .confirm, now: StoreFixture.now)
        #expect(try await fixture.row(claim.uploadID).phase == .confirm)
        #expect(try await fixture.row(claim.uploadID).uploadToken == Self.token)
        try await fixture.store.confirmed(claim, note: note.map { ($0, "m") }, now: StoreFixture.now)
        let row = try await fixture.row(claim.uploadID)
        #expect(row.status == .completed && row.phase == .done && row.lastErrorCode == note)
        #expect(row.uploadToken == nil && row.endpoint == nil && row.response == "{}")
        let events = try await fixture.events(claim.uploadID).suffix(3).map(\.event)
        #expect(events == ["finalized", "confirmed", "finished"])
    }

    /// A file that is waited for is no upload that fails again and again: a run that drains waits too.
    @Test func whatIsPolledIsNotDrained() async throws {
        let (fixture, worker) = try await fixture()
        let claim = try await finalizing(fixture, worker)
        try await fixture.store.finalized(claim, response: "{}", next: .confirm, now: StoreFixture.now)
        try await fixture.store.tryLater(claim, at: StoreFixture.now, code: "not_ready", message: "m")
        try await fixture.set("attempt = 9", of: claim.uploadID)
        let isDrained = { attempts in
            try await fixture.store.isDrained(
                now: StoreFixture.now,
                soon: StoreFixture.now,
                horizon: StoreFixture.horizon,
                attempts: attempts
            )
        }
        #expect(try await isDrained(3) == false)
        try await fixture.set("retry_at = '\(StoreFixture.later)'", of: claim.uploadID)
        #expect(try await isDrained(3) == true)
    }

    private func failed(_ fixture: StoreFixture, _ worker: Worker, code: String) async throws -> Int64 {
        let claim = try await finalizing(fixture, worker)
        try await fixture.store.failed(claim, code: code, message: "m", now: StoreFixture.now)
        return claim.uploadID
    }

    @Test func aRetryFromTheStartForgetsTheGrant() async throws {
        let (fixture, worker) = try await fixture()
        let id = try await failed(fixture, worker, code: "finalize_outcome_unknown")
        try await fixture.store.retry(id, fromStart: true)
        let row = try await fixture.row(id)
        #expect(row.status == .pending && row.phase == .mint && row.finalizeSent == 0)
        #expect(row.uploadToken == nil && row.uploadURL == nil && row.uploadOffset == 0)
    }

    @Test func aRetryGoesOnWhereItFailedUnlessTheGrantIsOver() async throws {
        let (fixture, worker) = try await fixture()
        let unknown = try await failed(fixture, worker, code: "finalize_outcome_unknown")
        try await fixture.store.retry(unknown)
        #expect(try await fixture.row(unknown).phase == .finalize)
        let expired = try await failed(fixture, worker, code: "grant_expired")
        try await fixture.store.retry(expired)
        #expect(try await fixture.row(expired).phase == .mint)
    }

    @Test func aGrantThatWasUsedToFinalizeStartsNothingAnew() async throws {
        let (fixture, worker) = try await fixture()
        let claim = try await fixture.claimed(worker, in: .finalize, of: "media")
        try await fixture.store.finalizeSent(claim)
        try await fixture.store.failed(claim, code: "finalize_outcome_unknown", message: "m", now: StoreFixture.now)
        let refused = try await storeError { try await fixture.store.retry(claim.uploadID, fromStart: true) }
        #expect(refused.code == .refused)
        #expect(try await fixture.row(claim.uploadID).status == .failed)
    }

    @Test func aCancelledOneIsMintedAgain() async throws {
        let (fixture, worker) = try await fixture()
        let id = try await failed(fixture, worker, code: "x")
        try await fixture.store.cancel(id, now: StoreFixture.now)
        let claim = try #require(try await fixture.claim(worker).first).claim
        try await fixture.store.deleted(claim, note: nil, now: StoreFixture.now)
        try await fixture.store.retry(id)
        #expect(try await fixture.row(id).phase == .mint)
    }

    @Test func aPersonEndsAnUnknownOneAsCompleted() async throws {
        let (fixture, worker) = try await fixture()
        let id = try await failed(fixture, worker, code: "finalize_outcome_unknown")
        try await fixture.store.markCompleted(id, now: StoreFixture.now)
        let row = try await fixture.row(id)
        #expect(row.status == .completed && row.phase == .done && row.uploadToken == nil && row.endpoint == nil)
        #expect(try await fixture.events(id).last?.event == "mark completed")
        let again = try await storeError { try await fixture.store.markCompleted(id, now: StoreFixture.now) }
        #expect(again.code == .refused)
        let pending = try await add(fixture)
        let refused = try await storeError { try await fixture.store.markCompleted(pending, now: StoreFixture.now) }
        #expect(refused.code == .refused)
    }

    /// A queue of the version before, with an upload in it, goes on as it is.
    @Test func aQueueOfVersion3IsMigrated() async throws {
        let folder = try TestFolder()
        let path = folder.file("queue.db")
        let old = try DatabaseQueue(path: path)
        try await old.writeWithoutTransaction { db in
            for migration in Migration.all.prefix(3) {
                try db.inTransaction {
                    try migration.apply(db)
                    return .commit
                }
            }
            try db.execute(sql: "INSERT INTO destination (name, endpoint) VALUES ('archive', 'https://a.example.org/')")
            try db.execute(sql: "INSERT INTO upload (source_path, destination) VALUES ('/a', 'archive')")
        }
        try old.close()
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        let store = try Store.open(path: path)
        #expect(try await store.query("PRAGMA user_version").rows == [["\(Migration.latest)"]])
        #expect(try await store.destination("archive")?.mints == false)
        let worker = try await store.startWorker()
        let claimed = try await store.claim(
            for: worker,
            limit: 1,
            suspects: .none,
            now: StoreFixture.now,
            horizon: StoreFixture.horizon
        )
        #expect(claimed.first?.upload.phase == .create)
        try store.close()
    }
}
