import Testing

@testable import UploadStore

/// A write of a claim's owner, for tests that hold for every one of them.
struct OwnerWrite: Sendable, CustomTestStringConvertible {
    var name: String
    /// Where the upload must be for it.
    var phase: Phase
    /// The events that it adds.
    var events: [String]
    var run: @Sendable (Store, Claim) async throws -> Void

    var testDescription: String { name }

    static let all = [
        OwnerWrite(name: "identified", phase: .create, events: []) { store, claim in
            try await store.identified(claim, as: StoreFixture.identity(length: 55))
        },
        OwnerWrite(name: "created", phase: .create, events: ["created"]) { store, claim in
            try await store.created(claim, url: "https://tus.example.org/files/9", completing: false)
        },
        OwnerWrite(name: "created, completing", phase: .create, events: ["created", "completing"]) { store, claim in
            try await store.created(claim, url: "https://tus.example.org/files/9", completing: true)
        },
        // Only the first offset of a claim that goes on with a transfer is in the history.
        OwnerWrite(name: "acknowledged", phase: .transfer, events: []) { store, claim in
            try await store.acknowledged(claim, offset: 40, completing: false)
        },
        OwnerWrite(name: "completing", phase: .transfer, events: ["completing"]) { store, claim in
            try await store.acknowledged(claim, offset: 0, completing: true)
        },
        OwnerWrite(name: "transferred", phase: .transfer, events: ["transferred", "finished"]) { store, claim in
            try await store.transferred(claim, next: .done, now: StoreFixture.now)
        },
        OwnerWrite(name: "transferred to finalize", phase: .transfer, events: ["transferred"]) { store, claim in
            try await store.transferred(claim, next: .finalize, now: StoreFixture.now)
        },
        OwnerWrite(name: "finalizeSent", phase: .finalize, events: ["finalize sent"]) { store, claim in
            try await store.finalizeSent(claim)
        },
        OwnerWrite(name: "finalized", phase: .finalize, events: ["finalized", "finished"]) { store, claim in
            try await store.finalized(claim, response: "{}", now: StoreFixture.now)
        },
        OwnerWrite(name: "tryLater", phase: .transfer, events: ["try later"]) { store, claim in
            try await store.tryLater(claim, at: StoreFixture.later, code: "timeout", message: "slow")
        },
        OwnerWrite(name: "gone", phase: .transfer, events: ["gone"]) { store, claim in
            try await store.gone(claim, code: "http_404", message: "gone")
        },
        OwnerWrite(name: "released", phase: .transfer, events: ["released"]) { store, claim in
            try await store.released(claim)
        },
        OwnerWrite(name: "failed", phase: .create, events: ["refused"]) { store, claim in
            try await store.failed(claim, code: "http_400", message: "no", now: StoreFixture.now)
        },
        OwnerWrite(name: "parked", phase: .create, events: ["park"]) { store, claim in
            try await store.parked(claim, reason: "quota", code: "quota", message: "full")
        },
        OwnerWrite(name: "paused", phase: .transfer, events: ["pause"]) { store, claim in
            try await store.paused(claim)
        },
        OwnerWrite(name: "deleted", phase: .transfer, events: ["deleted"]) { store, claim in
            try await store.deleted(claim, note: nil, now: StoreFixture.now)
        },
    ]
}
