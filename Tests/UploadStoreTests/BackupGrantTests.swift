import Foundation
import Testing

@testable import UploadStore

/// A copy holds no grant, and every upload that had one is in a state from which it, or a person, can go on.
@Suite(.serialized) struct BackupGrantTests {
    /// How an upload with a grant stands, and what becomes of it.
    struct Case: Sendable, CustomTestStringConvertible {
        var destination: String
        var reached: Reached
        var left: Left
        /// Status, phase and error code in the copy.
        var expected: String

        var testDescription: String { "\(destination), \(reached), \(left): \(expected)" }

        init(_ destination: String, _ reached: Reached, _ left: Left, _ expected: String) {
            self.destination = destination
            self.reached = reached
            self.left = left
            self.expected = expected
        }
    }

    enum Reached: Sendable { case added, created, completing, transferred, finalizing, confirming }
    enum Left: Sendable { case pending, processing, paused, parked, failed, pausing, cancelling }

    static let cases = [
        // The destination gives grants: another one is got.
        Case("minting", .added, .pending, "pending create -"),
        Case("minting", .added, .processing, "processing create -"),
        Case("minting", .added, .failed, "failed create refused"),
        Case("minting", .created, .pending, "pending mint grant_not_copied"),
        Case("minting", .created, .processing, "processing mint grant_not_copied"),
        Case("minting", .created, .pausing, "processing mint grant_not_copied"),
        Case("minting", .created, .paused, "paused mint grant_not_copied"),
        Case("minting", .created, .parked, "paused mint quota_exceeded"),
        Case("minting", .created, .failed, "failed mint refused"),
        Case("minting", .transferred, .pending, "pending mint grant_not_copied"),
        // What may have arrived already is for a person to look at.
        Case("minting", .completing, .pending, "failed confirm grant_not_copied"),
        Case("minting", .completing, .pausing, "failed confirm grant_not_copied"),
        Case("minting", .finalizing, .processing, "failed confirm grant_not_copied"),
        Case("minting", .finalizing, .failed, "failed confirm grant_not_copied"),
        Case("media", .completing, .parked, "failed confirm grant_not_copied"),
        Case("media", .finalizing, .pending, "failed confirm grant_not_copied"),
        // What the host has, it is asked for without the grant.
        Case("minting", .confirming, .processing, "processing confirm -"),
        Case("media", .confirming, .pending, "pending confirm -"),
        // Each upload brings its own grant.
        Case("media", .added, .pending, "failed create grant_not_copied"),
        Case("media", .added, .parked, "failed create grant_not_copied"),
        Case("media", .created, .processing, "failed create grant_not_copied"),
        Case("media", .created, .failed, "failed create grant_not_copied"),
        Case("media", .transferred, .paused, "failed create grant_not_copied"),
        // Nobody can delete it at the server.
        Case("minting", .created, .cancelling, "cancelled transfer not_deleted"),
        Case("media", .finalizing, .cancelling, "cancelled finalize not_deleted"),
    ]

    @Test(arguments: cases) func goesOnWithoutIt(_ one: Case) async throws {
        let fixture = try await StoreFixture()
        let id = try await Self.upload(one, in: fixture)
        let before = try await fixture.row(id)
        try #require(before.uploadToken == StoreFixture.token && before.endpoint != nil)
        let path = fixture.folder.file("copy.db")
        let summary = try await fixture.store.backUp(to: path, replaces: false, now: StoreFixture.later) { _ in }
        #expect(summary.grants == 1)

        let bytes = try #require(FileManager.default.contents(atPath: path))
        for secret in [StoreFixture.token, StoreFixture.signedURL] {
            #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(secret)")
        }
        let copy = try Store.open(path: path)
        let row = try #require(try await copy.upload(id))
        #expect("\(row.status) \(row.phase) \(row.lastErrorCode ?? "-")" == one.expected)
        #expect([row.uploadToken, row.endpoint, row.uploadURL, row.expiresAt] == [nil, nil, nil, nil])
        #expect(row.lastErrorCode != "grant_not_copied" || row.lastError?.contains("holds no grants") == true)
        let event = try #require(try await copy.events(after: 0, uploadID: id).last)
        #expect(event.event == "copied")
        #expect("\(event.status) \(event.phase) \(event.errorCode ?? "-")" == one.expected)
        #expect(event.at == StoreFixture.later)
        try await Self.goOn(with: row, in: copy)
        #expect(try await fixture.row(id) == before, "the original is as it was")
    }

    /// Everything that the schema and the contract allow a person and a worker to do.
    private static func goOn(with row: UploadRow, in copy: Store) async throws {
        let id = row.id
        let worker = try await copy.startWorker()
        _ = try await copy.takeOverDead(except: worker, now: StoreFixture.later)
        let needsGrant = row.destination == "media"
        switch (row.status, row.phase) {
        case (.failed, .confirm):
            try await copy.markCompleted(id, now: StoreFixture.later)
            return #expect(try await copy.upload(id)?.status == .completed)
        case (.failed, _) where needsGrant:
            let error = try await storeError { try await copy.retry(id) }
            #expect(error.code == .refused && error.message.contains("a new one"))
            return try await copy.cancel(id, now: StoreFixture.later)
        case (.cancelled, _) where needsGrant:
            return
        case (.failed, _), (.cancelled, _): try await copy.retry(id)
        case (.paused, _): try await copy.resume(id)
        default: break
        }
        let claims = try await copy.claim(
            for: worker,
            limit: 1,
            suspects: .none,
            now: StoreFixture.later,
            horizon: StoreFixture.horizon
        )
        let claimed = try #require(claims.first)
        #expect(claimed.upload.phase == (row.phase == .confirm ? .confirm : .mint))
        guard claimed.upload.phase == .mint else { return }
        #expect(claimed.upload.uploadOffset == 0)
        #expect(claimed.upload.captured == nil)
        try await copy.minted(claimed.claim, endpoint: "https://a.example/", token: "t", expiresAt: nil)
        try await copy.created(claimed.claim, url: "https://a.example/1", completing: true)
        try await copy.transferred(claimed.claim, next: .done, now: StoreFixture.later)
        #expect(try await copy.upload(id)?.status == .completed)
    }

    /// What may have arrived is not sent again without a person, who can do so.
    @Test func whatAPersonRetriesStartsOver() async throws {
        let fixture = try await StoreFixture()
        for one in [Case("minting", .finalizing, .failed, ""), Case("media", .finalizing, .failed, "")] {
            _ = try await Self.upload(one, in: fixture)
        }
        let path = fixture.folder.file("copy.db")
        _ = try await fixture.store.backUp(to: path, replaces: false, now: StoreFixture.later) { _ in }
        let copy = try Store.open(path: path)
        #expect(try await copy.upload(1)?.lastError?.hasSuffix("retry, which starts over (before: refused)") == true)
        #expect(try await copy.upload(2)?.lastError?.contains("if not, add the file again with a new grant") == true)
        try await copy.retry(1)
        let row = try #require(try await copy.upload(1))
        #expect(row.status == .pending && row.phase == .mint && row.finalizeSent == 0 && row.uploadOffset == 0)
        let error = try await storeError { try await copy.retry(2) }
        #expect(error.code == .refused)
    }

    /// An upload of a plain tus server keeps its URL: it is no secret, and the server knows how much it has.
    @Test func anUploadWithoutAGrantStaysAsItIs() async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, in: .transfer)
        try await fixture.store.acknowledged(claim, offset: 40, completing: true)
        try await fixture.store.released(claim)
        let path = fixture.folder.file("copy.db")
        let summary = try await fixture.store.backUp(to: path, replaces: false, now: StoreFixture.later) { _ in }
        #expect(summary.grants == 0)
        #expect(try await Store.open(path: path).upload(claim.uploadID) == fixture.row(claim.uploadID))
    }

    private static func upload(_ one: Case, in fixture: StoreFixture) async throws -> Int64 {
        let store = fixture.store
        if one.destination == "minting" {
            try await store.save(DestinationRow(name: "minting", endpoint: nil, mints: true))
        }
        var new = StoreFixture.upload(to: one.destination)
        new.expiresAt = StoreFixture.horizon
        let id = try #require(try await store.add([new]).first)
        if one.reached == .added, one.left == .pending { return id }
        let worker = try await store.startWorker()
        let claim = try #require(try await fixture.claim(worker).first { $0.claim.uploadID == id }).claim
        try await reach(one.reached, claim, store)
        try await leave(one.left, claim, store)
        return id
    }

    private static func reach(_ reached: Reached, _ claim: Claim, _ store: Store) async throws {
        if reached == .added { return }
        let url = StoreFixture.signedURL + "/1"
        try await store.created(claim, url: url, completing: reached == .completing, captured: #"{"id": "7"}"#)
        try await store.acknowledged(claim, offset: 40, completing: reached == .completing)
        if [.created, .completing].contains(reached) { return }
        try await store.transferred(claim, next: .finalize, now: StoreFixture.now)
        if reached == .transferred { return }
        try await store.finalizeSent(claim)
        if reached == .finalizing { return }
        try await store.finalized(claim, response: "{}", next: .confirm, now: StoreFixture.now)
    }

    private static func leave(_ left: Left, _ claim: Claim, _ store: Store) async throws {
        switch left {
        case .processing: break
        case .pending: try await store.released(claim)
        case .paused: try await store.paused(claim)
        case .parked: try await store.parked(claim, reason: "quota", code: "quota_exceeded", message: "full")
        case .failed: try await store.failed(claim, code: "refused", message: "no", now: StoreFixture.now)
        case .pausing: try await store.pause(claim.uploadID)
        case .cancelling: try await store.cancel(claim.uploadID, now: StoreFixture.now)
        }
    }
}
