import DevelopmentServer
import Foundation
import Testing
import UploadStore

@testable import Uploads

@Suite struct DestinationTests {
    private static func tus(
        name: String = "a",
        endpoint: String = "https://tus.example.org/files/",
        headers: [String: String] = [:],
        metadata: [String: String] = [:],
        chunkSize: Int64? = nil
    ) -> Destination {
        .tus(name, endpoint: endpoint, headers: headers, metadata: metadata, chunkSize: chunkSize)
    }

    static let good: [Destination] = [
        tus(), tus(name: "ä 文件 🙂"), tus(name: String(repeating: "n", count: 2048)),
        tus(endpoint: "http://localhost:1080"),
        tus(endpoint: "https://[::1]:8080/files?tenant=a%20b"), tus(chunkSize: 1), tus(chunkSize: .max),
        tus(headers: ["X-Tenant": "a b", "Authorization": "env:TOKEN", "cookie": "env:COOKIE"]),
        tus(metadata: ["project": "herbarium", "empty": "", "u": "ü, ;"]), .wix(), .wix("another"),
    ]

    @Test(arguments: good) func survivesTheDatabase(_ destination: Destination) async throws {
        let folder = try TestFolder()
        let queue = try await UploadQueue.open(folder["queue.db"])
        try await queue.save(destination)
        try await queue.save(destination)
        #expect(try await queue.destinations() == [destination])
        #expect(try await queue.destination(destination.name) == destination)
        try await queue.removeDestination(destination.name)
        #expect(try await queue.destinations().isEmpty)
    }

    static let bad: [Destination] = [
        tus(name: ""), tus(name: "a\nb"), tus(name: "a\r\nb"), tus(name: "a\u{2028}b"), tus(name: "a\0b"),
        tus(name: String(repeating: "n", count: 2049)), tus(name: String(repeating: "👨‍👩‍👧", count: 1000)),
        tus(endpoint: ""), tus(endpoint: "tus.example.org"), tus(endpoint: "/files"), tus(endpoint: "ftp://a/b"),
        tus(endpoint: "http://"), tus(endpoint: "https:///files"), tus(endpoint: "file:///etc"),
        tus(headers: ["": "a"]), tus(headers: ["a b": "c"]), tus(headers: ["a:": "c"]), tus(headers: ["a\r\nb": "c"]),
        tus(headers: ["a": "b\r\nc: d"]), tus(headers: ["a": "b\nc"]), tus(headers: ["a": "b\0c"]),
        tus(headers: ["a": String(repeating: "x", count: 8193)]),
        tus(headers: ["Authorization": "Bearer abc"]), tus(headers: ["authorization": "abc"]),
        tus(headers: ["COOKIE": "a=b"]), tus(headers: ["X-Api-Key": "a"]), tus(headers: ["Proxy-Authorization": "a"]),
        tus(headers: ["Authorization": "env:"]), tus(headers: ["X-A": "env:A=B"]),
        tus(headers: ["X-A": "provider:"]), tus(headers: ["X-A": "provider:a b"]),
        tus(chunkSize: 0), tus(chunkSize: -1),
    ]

    @Test(arguments: bad) func refusesWhatCannotWork(_ destination: Destination) async throws {
        let folder = try TestFolder()
        let queue = try await UploadQueue.open(folder["queue.db"])
        let error = await #expect(throws: UploadQueueError.self) { try await queue.save(destination) }
        #expect(error?.code == .invalidDestination)
        #expect(error?.message.contains("Bearer abc") == false)
        #expect(try await queue.destinations().isEmpty)
    }

    @Test(arguments: ["", "a b", "a,b", "ü", "a\nb"]) func refusesMetadataKeys(key: String) async throws {
        let folder = try TestFolder()
        let queue = try await UploadQueue.open(folder["queue.db"])
        let error = await #expect(throws: UploadQueueError.self) {
            try await queue.save(Self.tus(metadata: [key: "a"]))
        }
        #expect(error?.code == .invalidMetadata)
    }

    @Test func aSchemeIsWrittenInAnyCase() async throws {
        let folder = try TestFolder()
        let queue = try await UploadQueue.open(folder["queue.db"])
        try await queue.save(Self.tus(endpoint: "HTTPS://Tus.example.org/Files/"))
        #expect(try await queue.destination("a")?.endpoint == "https://Tus.example.org/Files/")
    }

    @Test func oneThatUploadsUseIsNotRemoved() async throws {
        try await Scene.run { scene in
            try await scene.add()
            let error = await #expect(throws: UploadQueueError.self) {
                try await scene.queue.removeDestination("server")
            }
            #expect(error?.code == .refused)
            let missing = await #expect(throws: UploadQueueError.self) { try await scene.queue.removeDestination("b") }
            #expect(missing?.code == .notFound)
        }
    }

    @Test func aChangeHoldsForUploadsThatWereNotCreated() async throws {
        try await Scene.run { scene in
            try await scene.queue.save(.tus("server", endpoint: "http://127.0.0.1:9/files/"))
            let upload = try await scene.add()
            try await scene.queue.save(.tus("server", endpoint: scene.server.endpoint))
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }
}
