import DevelopmentServer
import Foundation
import Testing
import UploadStore

@testable import Uploads

/// A finalize whose request carries a key of the destination: the key may end during a long transfer.
@Suite(.timeLimit(.minutes(5))) struct FinalizeKeyTests {
    private static let minted = Fault(.init(path: "grants"), .status(200, body: #"{"t":"the-upload-token"}"#))
    private static let made = Fault.Effect.status(200, body: #"{"file":{"id":"x"}}"#)

    /// Adds a file to a host whose finalize carries `key`.
    private static func add(_ scene: Scene, key: String, url: String = "made") async throws -> Upload {
        let json = #"""
            {"version":1,"endpoint":"\#(scene.server.endpoint)","secrets":{"key":"\#(key)"},"expiry":60,
            "mint":{"request":{"method":"POST","url":"\#(scene.server.origin)/grants"},"token":"$.t"},
            "finalize":{"request":{"method":"PUT","url":"\#(scene.server.origin)/\#(url)",
            "headers":{"Authorization":"Bearer {secret.key}"}},"file":"$.file"}}
            """#
        try await scene.queue.save(.configured("host", by: DestinationConfiguration(json: json)))
        return try await scene.queue.add(.file(try scene.folder.write("a", bytes: 1000)), to: "host")
    }

    private static func finalizes(_ scene: Scene) -> [Int?] {
        scene.server.requests().filter { $0.path.hasPrefix("/made") }.map(\.status)
    }

    /// Nothing is sent again: neither the bytes nor the question for a grant.
    @Test func anotherKeyFinalizesWhatIsThere() async throws {
        let faults = [
            Self.minted, Fault(.init(path: "made"), .status(401)), Fault(.init(occurrence: 2, path: "made"), Self.made),
        ]
        try await Scene.run(faults: faults) { scene in
            let upload = try await Self.add(scene, key: "env:KEY")
            try await scene.drain(environment: ["KEY": "the-old-key"])
            let parked = try await scene.upload(upload.id)
            #expect(Ending(parked) == .paused("credentials") && parked.failure?.code == "credentials_refused")
            let row = try await scene.row(upload.id)
            #expect(row.phase == .finalize && row.finalizeSent == 0 && row.uploadToken != nil)
            try await scene.queue.resume(upload.id)
            try await scene.drain(environment: ["KEY": "the-new-key"])
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(Self.finalizes(scene) == [401, 200])
            #expect(scene.requests(.create).count == 1 && scene.requests(.transfer).count == 1)
        }
    }

    @Test func aProviderIsAskedAnew() async throws {
        let faults = [
            Self.minted, Fault(.init(path: "made"), .status(401)), Fault(.init(occurrence: 2, path: "made"), Self.made),
        ]
        try await Scene.run(faults: faults) { scene in
            let upload = try await Self.add(scene, key: "provider:host")
            try await scene.processor(credentials: ["host": { "the-key" }]).run()
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(try await scene.row(upload.id).finalizeSent == 1)
            #expect(Self.finalizes(scene) == [401, 200])
            #expect(scene.requests(.create).count == 1 && scene.requests(.transfer).count == 1)
        }
    }

    /// What the key is made of is as it is after the transfer, not before it.
    @Test func aFinalizeIsPlannedAfterTheTransfer() async throws {
        let clock = TestClock()
        let passTime: @Sendable (RequestRecord) -> Void = { if $0.step == .transfer { clock.advance(1000) } }
        let faults = [Self.minted, Fault(.init(path: "made"), Self.made)]
        try await Scene.run(faults: faults, onRequest: passTime) { scene in
            let upload = try await Self.add(scene, key: "provider:host", url: "made/{expiry.unix}")
            try await scene.processor(credentials: ["host": { "the-key" }], surroundings: clock.surroundings).run()
            #expect(try await scene.upload(upload.id).status == .completed)
            let paths = scene.server.requests().map(\.path).filter { $0.hasPrefix("/made") }
            #expect(paths == ["/made/1800001060"])
        }
    }

    /// A key is one too where it only signs; what is made of the grant alone is none.
    @Test(arguments: [
        ("{secret.key}", true), ("{derived.signed}", true), ("{derived.hashed}", false), ("{mint.token}", false),
    ])
    func aKeyIsASecretOfTheDestination(value: String, holdsSecret: Bool) throws {
        let json = #"""
            {"version":1,"endpoint":"https://a.example.org/","secrets":{"key":"env:KEY"},
            "derived":{"signed":{"hmacSHA384":"{mint.token}","key":"{secret.key}"},"hashed":{"sha256":"{mint.token}"}},
            "mint":{"request":{"url":"https://api.example.org/"},"token":"$.t"},
            "finalize":{"request":{"method":"PUT","url":"https://api.example.org/","headers":{"X-Key":"\#(value)"}},
            "file":"$.file"}}
            """#
        #expect(try DestinationConfiguration(json: json).steps.finalizeHoldsSecret == holdsSecret)
    }
}
