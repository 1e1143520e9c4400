import DevelopmentServer
import Foundation
import Testing
import UploadStore

@testable import Uploads

/// Faults of every kind at random requests of many uploads at once; no upload is lost, doubled or leaked.
///
/// `.ci/run` sets `UPLOAD_QUEUE_SCALE=full`: 500 files. Without it the same test runs smaller.
@Suite(.serialized, .timeLimit(.minutes(20))) struct WixStormTests {
    private static let files = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SCALE"] == "full" ? 500 : 60
    private static let key = "IST.the-api-key"

    /// What passes by itself, at each step.
    private static let effects: [(RequestStep, [Fault.Effect])] = {
        let passing: [Fault.Effect] = [
            .status(408), .status(429), .status(500, body: ""), .status(502, body: "<html>bad gateway</html>"),
            .status(503, headers: ["Retry-After": "0"]), .cut(afterBytes: 0), .cutAfterProcessing, .statusAfter(500),
        ]
        return [
            (.mint, passing + [.status(403, body: "<html>forbidden</html>"), .status(200, body: "{}")]),
            (.create, passing + [.status(423), .dropHeader("Location")]),
            (.offset, passing + [.status(423)]),
            (.transfer, passing + [.status(409), .cut(afterBytes: 1000), .acceptOnly(262_144)]),
            // Each of these settles: the finalize was not processed, or the host tells of the file.
            (
                .finalize,
                [.status(429), .status(500, body: ""), .cut(afterBytes: 0), .cutAfterProcessing, .statusAfter(500)]
            ),
            (
                .confirm,
                passing + [
                    .status(404), .status(200, body: "{}"),
                    .status(200, body: #"{"file":{"operationStatus":"PENDING","sizeInBytes":"-1","hash":""}}"#),
                ]
            ),
        ]
    }()

    private static func faults(_ random: inout some RandomNumberGenerator) -> [Fault] {
        effects.flatMap { step, effects in
            (0..<(files / 3)).compactMap { _ in
                effects.randomElement(using: &random).map {
                    Fault(.step(step, occurrence: Int.random(in: 1...files, using: &random)), $0)
                }
            }
        }
    }

    @Test func everyFileArrivesOnce() async throws {
        var random = SystemRandomNumberGenerator()
        try await Scene.run(faults: Self.faults(&random)) { scene in
            var destination = try Destination.wix(
                "media",
                owner: .site("S"),
                apiKey: "env:WIX_API_KEY",
                options: .init(waitsUntilReady: true),
                api: scene.server.origin
            )
            let json = try #require(destination.configuration?.json)
                .replacing(#""perMinute":120"#, with: #""perMinute":1000000"#)
                .replacing(#""wait":true"#, with: #""wait":true,"interval":0,"polls":100"#)
            destination.configuration = try DestinationConfiguration(json: json)
            try await scene.queue.save(destination)
            let paths = try (0..<Self.files).map {
                try scene.folder.write("\($0).jpg", bytes: 300_000 + $0, seed: UInt64($0 + 1))
            }
            let ids = try await scene.queue.add(paths.map(UploadSource.file), to: "media")
            let environment = Surroundings(environment: { $0 == "WIX_API_KEY" ? Self.key : nil })
            for _ in 0..<5 {
                try await scene.processor(concurrency: 8, surroundings: environment).run()
                // Where several faults meet at one upload it stops; a person who knows the host lets it go on.
                for id in ids {
                    let upload = try await scene.upload(id)
                    let code = upload.failure?.code ?? ""
                    if upload.status == .failed {
                        // A creation that met 423 after other faults counts as refused.
                        let stops = ["finalize_outcome_unknown", "malformed_answer", "refused"]
                        #expect(stops.contains(code), "\(upload.failure?.message ?? "")")
                        try await scene.queue.retry(id)
                    } else if upload.status == .paused {
                        #expect(code == "permission_refused")
                        try await scene.queue.resume(id)
                    }
                }
            }
            for (path, id) in zip(paths, ids) {
                let upload = try await scene.upload(id)
                #expect(upload.status == .completed && upload.failure == nil, "\(upload)")
                let file = try WixFile(response: try #require(upload.response))
                let stored = try scene.stored(try #require(file.url))
                #expect(try stored == Data(contentsOf: URL(filePath: path)))
            }
            let finalized = scene.requests(.finalize).filter(\.finalized)
            #expect(finalized.count == Self.files && Set(finalized.compactMap(\.grant)).count == Self.files)
            #expect(scene.server.requests().allSatisfy { !$0.authorization || [.mint, .confirm].contains($0.step) })
            let count = scene.server.requests().filter { $0.fault != nil }.count
            #expect(count > Self.files / 2)
            print(
                "proof: faults of a Wix stand-in: \(count) in \(scene.server.requests().count) requests, \(Self.files) files"
            )
            #expect(try await scene.sql("SELECT count(*) FROM upload WHERE upload_token IS NOT NULL") == ["0"])
            for suffix in ["", "-wal"] {
                let bytes = try Data(contentsOf: URL(filePath: scene.queue.path + suffix))
                #expect(bytes.range(of: Data(Self.key.utf8)) == nil)
                #expect(bytes.range(of: Data("eyJ".utf8)) == nil, "a token is left in the database\(suffix)")
            }
        }
    }
}
