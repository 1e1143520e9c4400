import Testing

@testable import UploadStore

/// The column `expires_at`: the end of a grant, else of the upload at its server.
@Suite struct ExpiresTests {
    /// What a server says of its upload; where there is a grant the column is that one's.
    @Test(arguments: ["archive", "media"]) func whatTheServerSaysOfItsUploadIsNotTheEndOfAGrant(
        destination: String
    ) async throws {
        let fixture = try await StoreFixture()
        let worker = try await fixture.store.startWorker()
        let claim = try await fixture.claimed(worker, of: destination)
        let grant = destination == "media" ? StoreFixture.horizon : nil
        if grant != nil {
            try await fixture.store.own(claim, "expires_at = :end", ["end": grant])
        }
        func expiresAt() async throws -> String? { try await fixture.row(claim.uploadID).expiresAt }
        let url = "https://tus.example.org/files/9"
        try await fixture.store.created(claim, url: url, completing: false, expiresAt: StoreFixture.now)
        #expect(try await expiresAt() == grant ?? StoreFixture.now)
        try await fixture.store.acknowledged(claim, offset: 9, completing: false, expiresAt: StoreFixture.later)
        #expect(try await expiresAt() == grant ?? StoreFixture.later)
        try await fixture.store.gone(claim, code: "upload_gone", message: "gone")
        #expect(try await expiresAt() == grant)
        try await fixture.store.created(claim, url: url, completing: false, expiresAt: StoreFixture.now)
        try await fixture.store.failed(claim, code: "refused", message: "no", now: StoreFixture.now)
        try await fixture.store.retry(claim.uploadID, fromStart: true)
        #expect(try await expiresAt() == grant)
    }
}
