import DevelopmentServer
import Foundation
import Testing

@testable import Uploads

/// The MD5 of a file, held against the one that its host tells.
@Suite(.timeLimit(.minutes(5))) struct ChecksumTests {
    private static let sourceMD5 = "27fcec99e53d6ca24c7a2b31a8e870af"

    /// Runs one upload to Wix; `onConfirm` runs with the path of its source before the file's state is answered.
    private static func run(
        verifies: Bool = true,
        faults: [Fault] = [],
        onConfirm: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> Upload {
        let folder = try TestFolder()
        // More than one piece of what is digested at a time.
        let source = try folder.write("f.jpg", bytes: 2_500_000)
        return try await Scene.run(
            faults: faults,
            folder: folder,
            onRequest: { if $0.step == .confirm { onConfirm(source) } },
            { scene in
                let options = WixOptions(waitsUntilReady: true, verifiesMD5: verifies)
                let origin = scene.server.origin
                try await scene.queue.save(.wix(owner: .site("S"), apiKey: "env:K", options: options, api: origin))
                let upload = try await scene.queue.add(.file(source), to: "wix")
                try await scene.drain(environment: ["K": "key"])
                return try await scene.upload(upload.id)
            }
        )
    }

    private static func told(_ hash: String) -> [Fault] {
        let body = #"{"file":{"operationStatus":"READY","hash":\#(hash)}}"#
        return [Fault(.step(.confirm), .status(200, body: body))]
    }

    @Test func theHostsOwnHashIsTheFiles() async throws {
        let done = try await Self.run()
        #expect(done.status == .completed && done.failure == nil)
        #expect(try WixFile(response: try #require(done.response)).hash == Self.sourceMD5)
    }

    @Test func lettersOfEitherCaseAreTheSame() async throws {
        let done = try await Self.run(faults: Self.told(#""\#(Self.sourceMD5.uppercased())""#))
        #expect(done.status == .completed && done.failure == nil)
    }

    @Test func anotherHashFailsTheUpload() async throws {
        let other = "d41d8cd98f00b204e9800998ecf8427e"
        let failed = try await Self.run(faults: Self.told("\"\(other)\""))
        #expect(Ending(failed) == .failed("checksum_mismatch"))
        #expect(failed.failure?.message.contains("the MD5 \(other), ours has \(Self.sourceMD5)") == true)
    }

    @Test(arguments: [#""""#, "null", "7", #""0123""#, "\"\(String(repeating: "g", count: 32))\""])
    func whatIsNoMD5LeavesANote(hash: String) async throws {
        let done = try await Self.run(faults: Self.told(hash))
        #expect(done.status == .completed && done.failure?.code == "unverified")
    }

    @Test(arguments: [false, true]) func aSourceThatIsGoneOrAnotherLeavesANote(another: Bool) async throws {
        let done = try await Self.run { source in
            try? FileManager.default.removeItem(atPath: source)
            if another { try? Data("another".utf8).write(to: URL(filePath: source)) }
        }
        #expect(done.status == .completed && done.failure?.code == "unverified")
        #expect(done.failure?.message.contains(another ? "changed after it was added" : "does not exist") == true)
    }

    @Test func nobodyReadsTheSourceWhereItIsNotAskedFor() async throws {
        let done = try await Self.run(verifies: false, faults: Self.told(#""d41d8cd98f00b204e9800998ecf8427e""#)) {
            try? FileManager.default.removeItem(atPath: $0)
        }
        #expect(done.status == .completed && done.failure == nil)
    }

    /// A host of any kind, and one whose answer itself says that the file is ready.
    @Test(arguments: [("900150983cd24fb0d6963f7d28e17f72", Ending.completed), ("0", .completed)])
    func aConfigurationTellsWhereItIs(md5: String, ending: Ending) async throws {
        let faults = [Fault(.init(path: "about"), .status(200, body: #"{"sums":[{"md5":"\#(md5)"}]}"#))]
        try await Scene.run(faults: faults) { scene in
            let json = #"""
                {"version":1,"endpoint":"\#(scene.server.endpoint)",
                "file":{"request":{"url":"\#(scene.server.origin)/about"},"md5":"$.sums[0].md5","wait":true}}
                """#
            try await scene.queue.save(.configured("host", by: DestinationConfiguration(json: json)))
            try Data("abc".utf8).write(to: URL(filePath: scene.folder["abc"]))
            let upload = try await scene.queue.add(.file(scene.folder["abc"]), to: "host")
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(Ending(done) == ending && done.failure?.code == (md5 == "0" ? "unverified" : nil))
        }
    }

    @Test func aWorkerThatStopsDoesNotReadOn() async throws {
        let folder = try TestFolder()
        let file = try SourceFile(path: try folder.write("f", bytes: 100))
        await #expect(throws: CancellationError.self) { try await file.md5(of: file.identity(), isStopping: { true }) }
    }
}
