import DevelopmentServer
import Foundation
import Testing
import UploadStore

@testable import Uploads

/// Wix from nothing but a file, a site and a key: one fault at each step, then a server that behaves.
@Suite(.serialized, .timeLimit(.minutes(10))) struct WixRunTests {
    static let key = "IST.the-api-key"

    /// A scene with the destination `media`, whose polls take no time.
    static func run<Value: Sendable>(
        faults: [Fault] = [],
        waits: Bool = false,
        tokenLifetime: Duration = .seconds(3600),
        _ body: (Scene) async throws -> Value
    ) async throws -> Value {
        try await Scene.run(faults: faults, tokenLifetime: tokenLifetime) { scene in
            var destination = try Destination.wix(
                "media",
                owner: .site("S"),
                apiKey: "env:WIX_API_KEY",
                options: .init(waitsUntilReady: waits),
                api: scene.server.origin
            )
            let json = try #require(destination.configuration?.json)
            let polls = #""wait":\#(waits),"interval":0,"polls":4"#
            destination.configuration = try DestinationConfiguration(
                json: json.replacing(#""wait":\#(waits)"#, with: polls)
            )
            try await scene.queue.save(destination)
            return try await body(scene)
        }
    }

    static func add(_ scene: Scene, bytes: Int = 300_000) async throws -> Upload {
        try await scene.queue.add(.file(try scene.folder.write("f.jpg", bytes: bytes)), to: "media")
    }

    static func drain(_ scene: Scene) async throws {
        try await scene.processor(surroundings: .init(environment: { $0 == "WIX_API_KEY" ? key : nil })).run()
    }

    @Test func anUploadNeedsNothingButItsFile() async throws {
        try await Self.run(waits: true) { scene in
            let upload = try await Self.add(scene)
            #expect(upload.phase == .mint)
            try await Self.drain(scene)
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed && done.failure == nil)
            let file = try WixFile(response: try #require(done.response))
            #expect(file.sizeInBytes == 300_000 && file.operationStatus == .ready)
            #expect(
                try await scene.story(upload.id) == [
                    "add", "claim", "minted", "created", "completing", "transferred", "finalize sent", "finalized",
                    "confirmed", "finished",
                ]
            )
            let keyed = scene.server.requests().filter(\.authorization).map(\.step)
            #expect(keyed == [.mint, .confirm], "the key goes to the API and nowhere else")
            let row = try await scene.row(upload.id)
            #expect(row.uploadToken == nil && row.endpoint == nil && row.uploadURL == nil)
            for suffix in ["", "-wal"] {
                let bytes = try Data(contentsOf: URL(filePath: scene.queue.path + suffix))
                #expect(bytes.range(of: Data(Self.key.utf8)) == nil)
            }
        }
    }

    static let mintCases: [FaultCase] =
        FaultCase.statuses([
            (.completed, [403, 408, 409, 423, 425, 429, 500, 502, 503, 504, 507]),
            (.failed("refused"), [400, 404, 410, 412, 413, 415, 501]),
            (.paused("credentials"), [401]), (.paused("quota"), [402]), (.paused("permission"), [428]),
        ]) + [
            FaultCase(.status(200), .completed), FaultCase(.status(200, body: "{}"), .completed),
            FaultCase(.status(200, body: #"{"uploadUrl":"ftp://a/","uploadToken":"t"}"#), .completed),
            FaultCase(.status(403, body: error("PERMISSION_DENIED")), .paused("permission")),
            FaultCase(.status(400, body: error("SITE_QUOTA_EXCEEDED")), .paused("quota")),
            FaultCase(.cut(afterBytes: 0), .completed), FaultCase(.cutAfterProcessing, .completed),
            FaultCase(.statusAfter(500), .completed),
        ]

    private static func error(_ code: String) -> String {
        #"{"message":"no","details":{"applicationError":{"code":"\#(code)","description":"no"}}}"#
    }

    @Test(arguments: mintCases) func mint(_ fault: FaultCase) async throws {
        try await Self.run(faults: [Fault(.step(.mint), fault.effect)]) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            #expect(Ending(try await scene.upload(upload.id)) == fault.ending)
            let completed = fault.ending == .completed
            #expect(scene.requests(.create).count == (completed ? 1 : 0))
            #expect(scene.requests(.finalize).filter(\.finalized).count == (completed ? 1 : 0))
        }
    }

    /// The grant is fresh: another one would be refused alike.
    ///
    /// Where the answer was lost it is not, and is replaced.
    static let createCases: [FaultCase] =
        FaultCase.statuses([
            (.completed, [408, 409, 423, 425, 429, 500, 502, 503, 504, 507]),
            (.failed("refused"), [400, 404, 410, 415, 501]), (.failed("version_not_supported"), [412]),
            (.failed("file_too_large"), [413]), (.paused("credentials"), [401]), (.paused("quota"), [402]),
            (.paused("permission"), [403, 428]),
        ]) + [FaultCase(.cut(afterBytes: 0), .completed), FaultCase(.cutAfterProcessing, .completed)]

    @Test(arguments: createCases) func create(_ fault: FaultCase) async throws {
        try await Self.run(faults: [Fault(.step(.create), fault.effect)]) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            #expect(Ending(try await scene.upload(upload.id)) == fault.ending)
            #expect(scene.requests(.mint).count == 1)
        }
    }

    @Test(arguments: [400, 401, 403, 404, 410, 429]) func aGrantThatWasSpentIsReplaced(status: Int) async throws {
        // A 429 also comes from a server that is busy, so it is waited for a few times first.
        let times = status == 429 ? 4 : 1
        let faults = [
            Fault(.step(.create), .cutAfterProcessing),
            Fault(.step(.create, occurrence: 2), .status(status), times: times),
        ]
        try await Self.run(faults: faults) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(scene.requests(.mint).count == 2 && scene.requests(.create).count == 2 + times)
            #expect(try await scene.story(upload.id).contains("reminted"))
            #expect(scene.requests(.finalize).filter(\.finalized).count == 1)
        }
    }

    @Test func aGrantThatExpiredIsReplacedBeforeAByteIsWasted() async throws {
        try await Self.run(faults: [Fault(.step(.create), .status(500))]) { scene in
            let upload = try await Self.add(scene)
            try await scene.sql("UPDATE upload SET max_attempts = 1")
            try await Self.drain(scene)
            #expect(Ending(try await scene.upload(upload.id)) == .failed("too_many_attempts"))
            try await scene.sql("UPDATE upload SET max_attempts = NULL, expires_at = '2026-11-01T00:00:00.000Z'")
            try await scene.queue.retry(upload.id)
            try await Self.drain(scene)
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(scene.requests(.mint).count == 2 && scene.requests(.create).map(\.status) == [500, 201])
        }
    }

    @Test(arguments: [401, 403, 404, 410]) func anUploadThatTheServerForgotStartsWithAnotherGrant(status: Int)
        async throws
    {
        let faults = [Fault(.step(.transfer), .cut(afterBytes: 1000)), Fault(.step(.offset), .status(status))]
        try await Self.run(faults: faults) { scene in
            // Large enough that the first request does not carry the last byte.
            let upload = try await Self.add(scene, bytes: 9 << 20)
            try await Self.drain(scene)
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(scene.requests(.mint).count == 2)
            #expect(scene.requests(.finalize).filter(\.finalized).count == 1)
        }
    }

    /// What came of a finalize is asked for, so that one whose answer was lost is not in doubt.
    static let finalizeCases: [FaultCase] = [
        FaultCase(.cutAfterProcessing, .completed), FaultCase(.statusAfter(500), .completed),
        FaultCase(.statusAfter(204), .completed), FaultCase(.statusAfter(429), .completed),
        FaultCase(.statusAfter(403), .completed), FaultCase(.cut(afterBytes: 0), .completed),
        FaultCase(.status(429), .completed),
        FaultCase(.status(500), .completed), FaultCase(.status(401), .failed("grant_expired")),
        FaultCase(.status(403), .failed("finalize_outcome_unknown")),
        FaultCase(.status(404), .failed("finalize_outcome_unknown")), FaultCase(.status(413), .failed("refused")),
    ]

    @Test(arguments: finalizeCases) func finalize(_ fault: FaultCase) async throws {
        try await Self.run(faults: [Fault(.step(.finalize), fault.effect)]) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            #expect(Ending(try await scene.upload(upload.id)) == fault.ending)
            #expect(scene.requests(.finalize).count <= 2 && scene.requests(.mint).count == 1)
            let effective = scene.requests(.finalize).filter(\.finalized).count
            #expect(effective == (fault.ending == .completed ? 1 : 0))
        }
    }

    @Test func withoutTheKeyAnUploadWaitsForAPerson() async throws {
        try await Self.run { scene in
            let upload = try await Self.add(scene)
            try await scene.drain()
            let waiting = try await scene.upload(upload.id)
            #expect(Ending(waiting) == .paused("credentials"))
            #expect(waiting.failure?.message.contains("WIX_API_KEY") == true)
            #expect(scene.server.requests().isEmpty)
            try await scene.queue.resume(upload.id)
            try await Self.drain(scene)
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }

    @Test func anEmptyFileIsRefusedBeforeAGrantIsAskedFor() async throws {
        try await Self.run { scene in
            let error = await #expect(throws: UploadQueueError.self) { try await Self.add(scene, bytes: 0) }
            #expect(error?.code == .invalidSource)
        }
    }

    @Test func cancellingAfterTheMintErasesTheGrant() async throws {
        try await Self.run(faults: [Fault(.step(.transfer), .status(428))]) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            try await scene.queue.cancel(upload.id)
            try await Self.drain(scene)
            let row = try await scene.row(upload.id)
            #expect(row.status == .cancelled && row.uploadToken == nil && row.endpoint == nil)
            #expect(scene.requests(.delete).map(\.status) == [204])
            try await scene.queue.retry(upload.id)
            try await Self.drain(scene)
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(scene.requests(.mint).count == 2)
        }
    }

    @Test func aPersonDecidesWhereTheOutcomeIsUnknown() async throws {
        try await Self.run(faults: [Fault(.step(.finalize), .status(404), times: 2)]) { scene in
            let first = try await Self.add(scene)
            try await Self.drain(scene)
            #expect(Ending(try await scene.upload(first.id)) == .failed("finalize_outcome_unknown"))
            try await scene.queue.retry(first.id, from: .start)
            try await Self.drain(scene)
            #expect(Ending(try await scene.upload(first.id)) == .failed("finalize_outcome_unknown"))
            #expect(scene.requests(.mint).count == 2)
            try await scene.queue.markCompleted(first.id)
            let done = try await scene.upload(first.id)
            #expect(done.status == .completed && done.phase == .done)
            #expect(try await scene.row(first.id).uploadToken == nil)
        }
    }
}
