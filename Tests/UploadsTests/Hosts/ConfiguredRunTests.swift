import DevelopmentServer
import Foundation
import Testing
import UploadStore

@testable import Uploads

/// Hosts by their configuration, at a server that records what it was asked.
@Suite struct ConfiguredRunTests {
    /// A tus host as the book describes it, with the server's endpoint in place of the host's.
    private static func configured(_ scene: Scene, _ members: String) async throws {
        let json = #"{"version":1,"endpoint":"\#(scene.server.endpoint)",\#(members)}"#
        try await scene.queue.save(.configured("host", by: DestinationConfiguration(json: json)))
    }

    private static func metadata(_ scene: Scene, _ upload: Upload) throws -> [String: String] {
        let text = try #require(try scene.storedMetadata(upload))
        return try text.split(separator: ",").reduce(into: [:]) { values, pair in
            let words = pair.split(separator: " ").map(String.init)
            let bytes = words.count > 1 ? try #require(Data(base64Encoded: words[1])) : Data()
            values[words[0]] = String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Supabase Storage: exactly 6 MiB a request, the name of the object in the metadata, headers on every request.
    @Test func exactChunksMetadataAndHeadersAreWhatTheHostWants() async throws {
        try await Scene.run { scene in
            try await Self.configured(
                scene,
                #"""
                "values":{"bucket":"scans","folder":"2026"},"headers":{"authorization":"env:KEY","x-upsert":"true"},
                "metadata":{"bucketName":"{config.bucket}","objectName":"{config.folder}/{file.name}",
                "contentType":"{file.type}","cacheControl":"3600"},"chunk":{"exact":6291456}
                """#
            )
            let path = try scene.folder.write("leaf {1}.tif", bytes: 15 << 20)
            let upload = try await scene.queue.add(.file(path), to: "host", metadata: ["cacheControl": "60"])
            try await scene.drain(environment: ["KEY": "Bearer 0123456789"])
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed)
            #expect(scene.requests(.transfer).map(\.bytesStored) == [6 << 20, 6 << 20, 3 << 20])
            #expect(
                try Self.metadata(scene, done) == [
                    "bucketName": "scans", "objectName": "2026/leaf {1}.tif", "contentType": "image/tiff",
                    "cacheControl": "60",
                ]
            )
            let asked = scene.server.requests().filter { $0.step != .options }
            #expect(asked.allSatisfy { $0.authorization && $0.customHeaders == ["x-upsert"] })
            #expect(try scene.stored(done) == Data(contentsOf: URL(filePath: path)))
        }
    }

    /// Cloudflare Stream: multiples of 256 KiB between two bounds, and a key without a value.
    @Test func alignedChunksAndAFlagAreWhatTheHostWants() async throws {
        try await Scene.run { scene in
            try await Self.configured(
                scene,
                #"""
                "metadata":{"name":"{file.name}","requiresignedurls":""},
                "chunk":{"preferred":1000000,"min":524288,"max":2097152,"multipleOf":262144}
                """#
            )
            let upload = try await scene.queue.add(.file(try scene.folder.write("a.mp4", bytes: 2_000_000)), to: "host")
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed)
            #expect(scene.requests(.transfer).map(\.bytesStored) == [786_432, 786_432, 427_136])
            #expect(try scene.storedMetadata(done)?.split(separator: ",").contains("requiresignedurls") == true)
            #expect(try Self.metadata(scene, done) == ["name": "a.mp4", "requiresignedurls": ""])
        }
    }

    /// A finalize that is made of what the creation answered, and one whose answer has nothing where the file should be.
    @Test(arguments: [
        (#"{"file":{"id":"x"}}"#, Ending.completed), (#"{"file":null}"#, .failed("finalize_outcome_unknown")),
    ])
    func aFinalizeIsMadeOfWhatACreationAnswered(body: String, ending: Ending) async throws {
        let faults = [
            Fault(.step(.create), .setHeader("X-Session", "abc")),
            Fault(.init(path: "finish/abc"), .status(200, body: body), times: 9),
        ]
        try await Scene.run(faults: faults) { scene in
            let origin = scene.server.origin
            let json = #"""
                {"version":1,"endpoint":"\#(scene.server.endpoint)",
                "mint":{"request":{"method":"POST","url":"\#(origin)/transloadit/assemblies","body":{}},"token":"$.t"},
                "create":{"values":{"session":"header:X-Session"}},
                "finalize":{"request":{"method":"PUT","url":"\#(origin)/finish/{host.session}"},"file":"$.file"}}
                """#
            try await scene.queue.save(.configured("host", by: DestinationConfiguration(json: json)))
            scene.server.addFault(Fault(.step(.mint), .status(200, body: #"{"t":"token"}"#)))
            let upload = try await scene.queue.add(.file(try scene.folder.write("a", bytes: 10)), to: "host")
            try await scene.drain()
            let ended = try await scene.upload(upload.id)
            #expect(Ending(ended) == ending, "\(String(describing: ended.failure))")
            #expect(ended.captured == ["session": "abc"])
        }
    }

    /// The first creation gets no answer, so that the refusal of the second means another grant, under the same claim.
    @Test func anotherGrantIsAskedForByAPlanOfItsOwnTime() async throws {
        let clock = TestClock()
        let faults = [
            Fault(.init(path: "grants"), .status(200, body: #"{"t":"token"}"#), times: 2),
            Fault(.step(.create), .cutAfterProcessing), Fault(.step(.create, occurrence: 2), .status(404)),
        ]
        let passTime: @Sendable (RequestRecord) -> Void = { if $0.step == .create { clock.advance(1000) } }
        try await Scene.run(faults: faults, onRequest: passTime) { scene in
            try await Self.configured(
                scene,
                #"""
                "expiry":60,"mint":{"request":{"method":"POST","url":"\#(scene.server.origin)/grants/{expiry.unix}"},
                "token":"$.t"}
                """#
            )
            let upload = try await scene.queue.add(.file(try scene.folder.write("a", bytes: 10)), to: "host")
            try await scene.processor(surroundings: clock.surroundings).run()
            #expect(try await scene.upload(upload.id).status == .completed)
            let story = try await scene.story(upload.id)
            #expect(story.filter { $0 == "claim" }.count == 2 && story.contains("reminted"), "\(story)")
            let grants = scene.server.requests().map(\.path).filter { $0.hasPrefix("/grants/") }
            #expect(grants == ["/grants/1800000060", "/grants/1800002060"])
        }
    }

    /// A clock that is ahead, or a host that counts otherwise: only the server knows whether the grant is over.
    @Test func aGrantThatWasOverFromTheBeginningIsTried() async throws {
        // {"alg":"none"} and {"exp":1000000000}
        let token = "eyJhbGciOiJub25lIn0.eyJleHAiOjEwMDAwMDAwMDB9.x"
        let faults = [
            Fault(.init(path: "grants"), .status(200, body: #"{"t":"\#(token)"}"#), times: 100),
            Fault(.step(.create), .status(503), times: 3),
        ]
        try await Scene.run(faults: faults) { scene in
            try await Self.configured(
                scene,
                #""mint":{"request":{"method":"POST","url":"\#(scene.server.origin)/grants"},"token":"$.t"}"#
            )
            let upload = try await scene.queue.add(.file(try scene.folder.write("a", bytes: 10)), to: "host")
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
            #expect(scene.server.requests().filter { $0.path.hasPrefix("/grants") }.count == 1)
            #expect(scene.requests(.create).count == 4)
        }
    }

    @Test func limitsAreKeptWhenAFileIsAdded() async throws {
        try await Scene.run { scene in
            try await Self.configured(scene, #""limits":{"empty":false,"maximumSize":10}"#)
            for (bytes, words) in [(0, "is empty"), (11, "has 11 bytes, and host takes 10")] {
                let path = try scene.folder.write("\(bytes).bin", bytes: bytes)
                let error = await #expect(throws: UploadQueueError.self) {
                    try await scene.queue.add(.file(path), to: "host")
                }
                #expect(error?.code == .invalidSource && error?.message.contains(words) == true)
            }
            try await scene.queue.add(.file(try scene.folder.write("10.bin", bytes: 10)), to: "host")
            try await scene.drain()
            #expect(scene.requests(.create).count == 1)
        }
    }

    /// A row that SQL inserted, one whose file changed, and one whose destination did, at every try.
    @Test(arguments: [(0, "file_empty"), (11, "file_too_large")])
    func limitsAreKeptWhenAnUploadIsClaimed(bytes: Int, code: String) async throws {
        try await Scene.run { scene in
            try await Self.configured(scene, #""limits":{}"#)
            let added = try await scene.queue.add(.file(try scene.folder.write("a", bytes: bytes)), to: "host")
            try await Self.configured(scene, #""limits":{"empty":false,"maximumSize":10}"#)
            let path = try scene.folder.write("b", bytes: bytes)
            try await scene.sql("INSERT INTO upload (source_path, destination) VALUES ('\(path)', 'host')")
            for _ in 0..<2 {
                try await scene.drain()
                for upload in try await scene.queue.uploads() {
                    #expect(Ending(upload) == .failed(code) && upload.length == Int64(bytes))
                    try await scene.queue.retry(upload.id)
                }
            }
            #expect(scene.server.requests().filter { $0.step != .options }.isEmpty)
            try await Self.configured(scene, #""limits":{}"#)
            try await scene.drain()
            #expect(try await scene.upload(added.id).status == .completed)
            #expect(try await scene.queue.uploads().count == 2)
        }
    }

    /// A configuration that a hand wrote into the table, or a later version: told, and repaired by saving it again.
    @Test(arguments: [#"{"version":9}"#, #"{"x": }"#])
    func oneThatCannotBeReadFailsItsUploads(json: String) async throws {
        try await Scene.run { scene in
            try await Self.configured(scene, #""limits":{}"#)
            let upload = try await scene.queue.add(.file(try scene.folder.write("a", bytes: 10)), to: "host")
            try await scene.sql("UPDATE destination SET configuration = '\(json)' WHERE name = 'host'")
            try await scene.drain()
            let failed = try await scene.upload(upload.id)
            #expect(Ending(failed) == .failed("invalid_destination"))
            #expect(failed.failure?.message.contains("save it again") == true)
            try await Self.configured(scene, #""limits":{}"#)
            try await scene.queue.retry(upload.id)
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }
}
