import DevelopmentServer
import Foundation
import Testing
import UploadStore
import Uploads

@Suite struct SecretsTests {
    /// Pieces of a text that is too long for one page of the database.
    private static func pieces(of secret: String) -> [String] {
        [String(secret.prefix(60)), String(secret.dropFirst(secret.count / 2).prefix(60)), String(secret.suffix(40))]
    }

    private static func views(_ scene: Scene) async throws -> String {
        let views = ["upload_status", "queue_summary", "active_uploads", "failed_uploads", "upload_event"]
        return try await scene.sql(views.map { "SELECT * FROM \($0);" }.joined()).joined(separator: "\n")
    }

    @Test func aTokenIsToldNowhere() async throws {
        try await Scene.run { scene in
            let log = CapturedLog()
            // A server that quotes what it was sent.
            let (_, first) = try await scene.addGranted("a.jpg")
            scene.server.addFault(Fault(.step(.transfer), .status(500, body: "later: \(first.uploadToken)")))
            try await scene.processor(logger: log.logger()).run()
            let (_, second) = try await scene.addGranted("b.jpg")
            scene.server.addFault(Fault(.step(.finalize), .status(400, body: "no: \(second.uploadToken)")))
            try await scene.processor(logger: log.logger()).run()
            let uploads = try await scene.queue.uploads()
            #expect(Set(uploads.map(\.status)) == [.completed, .failed])
            #expect(uploads.allSatisfy { $0.uploadURL == nil })
            let completed = try #require(uploads.first { $0.status == .completed })
            let error = await #expect(throws: UploadQueueError.self) { try await scene.queue.retry(completed.id) }
            let told = [
                "\(uploads)", "\(try await scene.queue.events())", try await Self.views(scene),
                log.lines.joined(separator: "\n"), "\(try #require(error)) \(try #require(error?.message))",
            ]
            #expect(log.lines.count > 10)
            #expect(told[2].contains("finalize"))
            for text in told {
                for secret in [first.uploadToken, second.uploadToken] {
                    // The token's header is the same for all.
                    for piece in Self.pieces(of: String(secret.dropFirst(40))) {
                        #expect(!text.contains(piece))
                    }
                }
            }
        }
    }

    /// The URL of an upload that a grant made is as good as its token.
    @Test func theURLOfAGrantsUploadIsToldNowhere() async throws {
        try await Scene.run { scene in
            let log = CapturedLog()
            let (upload, _) = try await scene.addGranted()
            scene.server.addFault(Fault(.step(.transfer), .status(428)))
            try await scene.processor(logger: log.logger()).run()
            let secret = try #require(
                try await scene.row(upload.id).uploadURL?.split(separator: "/").last.map(String.init)
            )
            let paused = try await scene.upload(upload.id)
            #expect(paused.status == .paused && paused.phase == .transfer)
            #expect(paused.uploadURL == nil)
            let told = [
                "\(paused)", "\(try await scene.queue.events())", try await Self.views(scene),
                log.lines.joined(separator: "\n"),
            ]
            for text in told { #expect(!text.contains(secret)) }
        }
    }

    @Test func aTokenIsInNoFileOnceItsUploadCompleted() async throws {
        try await Scene.run { scene in
            let (upload, grant) = try await scene.addGranted()
            #expect(try await Self.findings(grant.uploadToken, scene) > 0, "this search finds what is there")
            try await scene.drain()
            try await scene.queue.store.forgetErasedSecrets()
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(try await Self.findings(grant.uploadToken, scene) == 0)
        }
    }

    /// Searched by another program: closing the file in this one would drop SQLite's locks.
    private static func findings(_ secret: String, _ scene: Scene) async throws -> Int {
        let patterns = pieces(of: secret).flatMap { ["-e", $0] }
        let files = [scene.queue.path, "\(scene.queue.path)-wal"]
        let result = try await ChildProcess.run(["grep", "-c", "-a", "-F"] + patterns + files)
        let counts = result.output.split(separator: "\n").compactMap {
            $0.split(separator: ":").last.flatMap { Int($0) }
        }
        try #require(counts.count == 2, "grep: \(result.output)")
        return counts.reduce(0, +)
    }

    /// A host that tells its finalize in its own words: the token, and the URL as it was sent to.
    @Test func whatAHostRepeatsOfAGrantIsNotStored() async throws {
        let token = "tokSECRET0123456789abcdef"
        try await Scene.run(faults: [Fault(.init(path: "grants"), .status(200, body: #"{"t":"\#(token)"}"#))]) {
            scene in
            let json = #"""
                {"version":1,"endpoint":"\#(scene.server.endpoint)",
                "mint":{"request":{"method":"POST","url":"\#(scene.server.origin)/grants"},"token":"$.t"},
                "finalize":{"request":{"method":"PUT","url":"\#(scene.server.origin)/made"},"file":"$.file"}}
                """#
            try await scene.queue.save(.configured("host", by: DestinationConfiguration(json: json)))
            let upload = try await scene.queue.add(.file(try scene.folder.write("a", bytes: 10)), to: "host")
            scene.server.addFault(Fault(.init(path: "made"), .status(503)))
            try await scene.drain(maximumAttempts: 1)
            let url = try #require(try await scene.row(upload.id).uploadURL)
            let body = #"{"file":{"id":"x"},"token":"\#(token)","tus":"\#(url)"}"#
            scene.server.addFault(Fault(.init(path: "made"), .status(200, body: body)))
            try await scene.queue.retry(upload.id)
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(done.response == #"{"file":{"id":"x"},"token":"[redacted]","tus":"[redacted]"}"#)
            try await scene.queue.store.forgetErasedSecrets()
            for secret in [token, url] { #expect(try await Self.findings(secret, scene) == 0) }
        }
    }

    @Test func aHeadersSecretIsStoredAndToldNowhere() async throws {
        let secret = "Bearer 0123456789abcdef"
        try await Scene.run { scene in
            let log = CapturedLog()
            try await scene.queue.save(
                .tus("server", endpoint: scene.server.endpoint, headers: ["Authorization": "env:KEY"])
            )
            let upload = try await scene.add()
            scene.server.addFault(Fault(.step(.create), .status(400, body: "what is \(secret)?")))
            try await scene.processor(
                logger: log.logger(),
                surroundings: Surroundings(environment: { $0 == "KEY" ? secret : nil })
            ).run()
            #expect(scene.requests(.create).map(\.authorization) == [true])
            let failed = try await scene.upload(upload.id)
            #expect(Ending(failed) == .failed("refused"))
            let dump = try await scene.sql(".dump").joined()
            #expect(dump.contains("env:KEY"))
            for text in ["\(failed)", dump, log.lines.joined()] { #expect(!text.contains("0123456789abcdef")) }
        }
    }
}
