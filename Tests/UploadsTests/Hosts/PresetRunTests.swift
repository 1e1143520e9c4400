import DevelopmentServer
import Foundation
import Testing
import UploadStore

@testable import Uploads

/// Each preset at a stand-in that keeps the rules of its host.
@Suite(.serialized, .timeLimit(.minutes(10))) struct PresetRunTests {
    struct Host: Sendable, CustomTestStringConvertible {
        var preset: DestinationPreset
        /// What it needs, beside where it is.
        var values: [String: String] = [:]
        /// The value that says where it is, and its path at the stand-in.
        var place: (value: String, path: String)
        /// The steps that carry a secret of the account in `Authorization`.
        var authorized: Set<RequestStep> = []
        /// What is kept of its answers.
        var captured: [String] = []
        var hasMint = true

        var testDescription: String { preset.rawValue }
    }

    static let hosts = [
        Host(preset: .bunnyStream, values: ["library": "9"], place: ("api", "/bunny"), captured: ["videoID"]),
        Host(
            preset: .cloudflareStream,
            values: ["account": "abc"],
            place: ("api", "/cloudflare/client/v4"),
            authorized: [.create, .offset, .transfer, .confirm],
            captured: ["videoID"],
            hasMint: false
        ),
        Host(
            preset: .supabaseStorage,
            values: ["bucket": "scans", "folder": "2026/"],
            place: ("url", "/supabase"),
            authorized: [.create, .offset, .transfer, .confirm],
            hasMint: false
        ),
        Host(preset: .transloadit, values: ["template": "t"], place: ("api", "/transloadit"), captured: ["assemblyID"]),
        Host(preset: .vimeo, place: ("api", "/vimeo"), authorized: [.mint, .confirm], captured: ["uri"]),
    ]

    static let bytes = 7 << 20
    /// A file in the making, as any of them tells it.
    static let pending =
        #"{"status":2,"ok":"ASSEMBLY_EXECUTING","transcode":{"status":"in_progress"},"#
        + #""result":{"status":{"state":"inprogress"}}}"#

    /// A scene with the host as the destination `host`, whose polls take no time.
    static func run<Value: Sendable>(
        _ host: Host,
        faults: [Fault] = [],
        waits: Bool = true,
        interval: Int = 0,
        _ body: (Scene) async throws -> Value
    ) async throws -> Value {
        try await Scene.run(faults: faults) { scene in
            var values = host.values
            values[host.place.value] = scene.server.origin + host.place.path
            let json = try host.preset.configuration(values: values, waitsUntilReady: waits).json
            let impatient = json.replacing(
                #""wait":\#(waits)"#,
                with: #""wait":\#(waits),"interval":\#(interval),"polls":4"#
            )
            try await scene.queue.save(.configured("host", by: DestinationConfiguration(json: impatient)))
            return try await body(scene)
        }
    }

    static func add(_ scene: Scene, _ name: String = "leaf 1.mp4", bytes: Int = bytes) async throws -> Upload {
        try await scene.queue.add(.file(try scene.folder.write(name, bytes: bytes)), to: "host")
    }

    /// Every secret of every preset is the one that the stand-ins take.
    static func drain(_ scene: Scene) async throws {
        try await scene.processor(surroundings: .init(environment: { _ in "rehearsal" })).run()
    }

    /// The bytes that the server holds of the upload that got the last one.
    static func received(_ scene: Scene) throws -> Data {
        let id = try #require(scene.requests(.transfer).last?.upload)
        return try Data(contentsOf: URL(filePath: scene.folder["server/\(id).bin"]))
    }

    @Test(arguments: hosts) func aFileArrives(host: Host) async throws {
        try await Self.run(host) { scene in
            let upload = try await Self.add(scene)
            #expect(upload.phase == (host.hasMint ? .mint : .create))
            try await Self.drain(scene)
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed && done.failure == nil, "\(String(describing: done.failure))")
            #expect(try Self.received(scene) == Data(contentsOf: URL(filePath: upload.sourcePath)))
            #expect(done.captured.keys.sorted() == host.captured)
            #expect(scene.requests(.mint).count == (host.hasMint ? 1 : 0))
            #expect(scene.requests(.confirm).count == 1)
            let authorized = scene.server.requests().filter { $0.authorization && $0.step != .options }.map(\.step)
            #expect(Set(authorized) == host.authorized.intersection(scene.server.requests().map(\.step)))
            let row = try await scene.row(upload.id)
            #expect(row.uploadToken == nil && (row.endpoint == nil || !host.hasMint))
            let rows = try await scene.sql("SELECT * FROM destination, upload, upload_event")
            #expect(!rows.isEmpty && !rows.contains { $0.contains("rehearsal") })
        }
    }

    /// What was cut is continued where the server has it, with requests that keep its rule.
    @Test(arguments: hosts) func whatWasCutGoesOn(host: Host) async throws {
        let faults = [
            Fault(.step(.transfer), .cut(afterBytes: 300_000)), Fault(.step(.transfer), .statusAfter(502)),
            Fault(.step(.mint), .status(503)), Fault(.step(.confirm), .status(500)),
        ]
        try await Self.run(host, faults: faults) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed && done.failure == nil, "\(String(describing: done.failure))")
            #expect(try Self.received(scene) == Data(contentsOf: URL(filePath: upload.sourcePath)))
            #expect(scene.requests(.transfer).map(\.bytesStored).reduce(0, +) == Int64(Self.bytes), "nothing twice")
            #expect(!scene.requests(.transfer).contains { $0.status == 400 })
        }
    }

    /// The answer to the last byte is lost, and the server no longer knows the upload: the host is asked for the file.
    @Test(arguments: hosts, [false, true])
    func aLostAnswerToTheLastByteSendsNothingAgain(host: Host, isForgotten: Bool) async throws {
        // Vimeo's upload is asked for its offset before the first byte too.
        let heads = host.preset == .vimeo ? 2 : 1
        let faults =
            [Fault(.step(.transfer, occurrence: host.preset == .supabaseStorage ? 2 : 1), .cutAfterProcessing)]
            + (isForgotten ? [Fault(.step(.offset, occurrence: heads), .status(404), times: 99)] : [])
        try await Self.run(host, faults: faults) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed, "\(String(describing: done.failure))")
            #expect(scene.requests(.transfer).map(\.bytesStored).reduce(0, +) == Int64(Self.bytes))
            #expect(Set(scene.requests(.transfer).map(\.upload)).count == 1)
        }
    }

    /// A file whose processing never ends is there all the same.
    @Test(arguments: hosts) func aFileThatIsNeverReadyIsCompletedWithANote(host: Host) async throws {
        let pending =
            #"{"status":2,"ok":"ASSEMBLY_EXECUTING","transcode":{"status":"in_progress"},"#
            + #""result":{"status":{"state":"inprogress"}}}"#
        let faults = [Fault(.step(.confirm), .status(200, body: pending), times: 9)]
        try await Self.run(host, faults: faults) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed)
            #expect(done.failure?.code == "unconfirmed")
            #expect(scene.requests(.confirm).count == 4)
        }
    }

    /// The host has every byte: what becomes of the source meanwhile is nobody's business.
    @Test(arguments: hosts.filter { $0.preset != .supabaseStorage }, [true, false])
    func aFileThatIsWaitedForNeedsNoSource(host: Host, isRemoved: Bool) async throws {
        let faults = [Fault(.step(.confirm), .status(200, body: Self.pending))]
        try await Self.run(host, faults: faults, interval: 3600) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            let waiting = try await scene.upload(upload.id)
            #expect(waiting.status == .pending && waiting.phase == .confirm)
            if isRemoved {
                try FileManager.default.removeItem(atPath: upload.sourcePath)
            } else {
                _ = try scene.folder.write("leaf 1.mp4", bytes: 3)
            }
            try await scene.sql("UPDATE upload SET retry_at = NULL")
            try await Self.drain(scene)
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed, "\(String(describing: done.failure))")
        }
    }

    @Test(arguments: hosts.filter { $0.preset != .supabaseStorage })
    func aFileThatCannotBeProcessedFails(host: Host) async throws {
        let failed =
            #"{"status":5,"ok":null,"error":"BAD_FILE","transcode":{"status":"error"},"#
            + #""result":{"status":{"state":"error"}}}"#
        try await Self.run(host, faults: [Fault(.step(.confirm), .status(200, body: failed))]) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            #expect(Ending(try await scene.upload(upload.id)) == .failed("processing_failed"))
        }
    }

    @Test(arguments: hosts) func withoutItsSecretItWaitsForAPerson(host: Host) async throws {
        try await Self.run(host) { scene in
            let upload = try await Self.add(scene)
            try await scene.drain()
            #expect(Ending(try await scene.upload(upload.id)) == .paused("credentials"))
            try await scene.processor(surroundings: .init(environment: { _ in "another" })).run()
            try await scene.queue.resume(upload.id)
            try await scene.processor(surroundings: .init(environment: { _ in "another" })).run()
            let refused = try await scene.upload(upload.id)
            #expect(Ending(refused) == .paused("credentials"))
            #expect(refused.failure?.code == "credentials_refused", "\(String(describing: refused.failure))")
            #expect(refused.failure?.message.contains("another") == false)
            try await scene.queue.resume(upload.id)
            try await Self.drain(scene)
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }

    /// The same within one claim: a gateway repeats the last request, and its copy is answered.
    @Test(arguments: hosts.filter { !$0.captured.isEmpty })
    func whatACreationBroughtIsAskedForWithinItsClaim(host: Host) async throws {
        try await Self.run(host, faults: [Fault(.step(.transfer), .statusAfter(404))]) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed, "\(String(describing: done.failure))")
            #expect(scene.requests(.transfer).map(\.bytesStored).reduce(0, +) == Int64(Self.bytes))
            #expect(scene.requests(.mint).count <= 1 && scene.requests(.create).count <= 1)
        }
    }

    /// A key that no longer works, or is not there, does not keep the queue from cancelling.
    @Test(arguments: hosts, ["another", nil])
    func aCancelledOneNeedsNoKey(host: Host, key: String?) async throws {
        try await Self.run(host, faults: [Fault(.step(.transfer), .status(402))]) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            try await scene.queue.cancel(upload.id)
            try await scene.processor(surroundings: .init(environment: { _ in key })).run()
            let ended = try await scene.upload(upload.id)
            #expect(ended.status == .cancelled)
            #expect([nil, "not_deleted"].contains(ended.failure?.code))
            #expect(try await scene.story(upload.id).count < 15)
        }
    }

    /// The grant of a file that is cancelled is worth nothing, and what was sent goes.
    @Test(arguments: hosts) func aCancelledOneIsDeleted(host: Host) async throws {
        try await Self.run(host, faults: [Fault(.step(.transfer), .status(402))]) { scene in
            let upload = try await Self.add(scene)
            try await Self.drain(scene)
            #expect(Ending(try await scene.upload(upload.id)) == .paused("quota"))
            try await scene.queue.cancel(upload.id)
            try await Self.drain(scene)
            let ended = try await scene.upload(upload.id)
            #expect(ended.status == .cancelled && ended.failure == nil, "\(String(describing: ended.failure))")
            #expect(scene.requests(.delete).map(\.status) == [204])
        }
    }
}
