import DevelopmentServer
import Foundation
import Testing
import Uploads

@Suite struct EndToEndTests {
    @Test(arguments: [0, 1, 65_536, 9 << 20, (70 << 20) + 5])
    func arrivesByteIdentical(bytes: Int) async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("file.bin", bytes: bytes)
            let upload = try await scene.queue.add(.file(path), to: "server")
            #expect(upload.status == .pending)
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed)
            #expect(done.phase == .done)
            #expect(done.offset == Int64(bytes))
            #expect(done.finishedAt != nil)
            #expect(try scene.stored(done) == TestFolder.bytes(bytes))
            let patches = scene.server.requests().filter { $0.step == .transfer }
            #expect(patches.map(\.bytesReceived).reduce(0, +) == Int64(bytes))
        }
    }

    @Test func everyNameArrives() async throws {
        let names = ["a b.txt", "ä.jpg", "文件.png", "🙂.bin", "a+b&c=d,e.txt", "-n", "quote\"'.txt", "%41.txt"]
        try await Scene.run { scene in
            for (index, name) in names.enumerated() {
                try scene.folder.write(name, bytes: 100 + index, seed: UInt64(index + 1))
            }
            let ids = try await scene.queue.add(names.map { .file(scene.folder[$0]) }, to: "server")
            try await scene.drain()
            for (index, id) in ids.enumerated() {
                let upload = try await scene.upload(id)
                #expect(upload.status == .completed)
                #expect(try scene.stored(upload) == TestFolder.bytes(100 + index, seed: UInt64(index + 1)))
            }
        }
    }

    @Test func chunksAreOfTheSizeAskedFor() async throws {
        try await Scene.run(chunkSize: 100_000) { scene in
            let path = try scene.folder.write("file.bin", bytes: 250_000)
            let upload = try await scene.queue.add(.file(path), to: "server")
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
            let patches = scene.server.requests().filter { $0.step == .transfer }
            #expect(patches.map(\.bytesStored) == [100_000, 100_000, 50_000])
        }
    }

    @Test func resumesAtTheServersOffset() async throws {
        let fault = Fault(.step(.transfer), .cut(afterBytes: 300_000))
        try await Scene.run(faults: [fault]) { scene in
            let path = try scene.folder.write("file.bin", bytes: 1_000_000)
            let upload = try await scene.queue.add(.file(path), to: "server")
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed)
            #expect(try scene.stored(done) == TestFolder.bytes(1_000_000))
            let patches = scene.server.requests().filter { $0.step == .transfer }
            #expect(patches.map(\.bytesStored).reduce(0, +) == 1_000_000)
            #expect(patches.count == 2)
            let expected = [
                "add", "claim", "completing", "created", "try later", "claim", "acknowledged", "transferred",
                "finished",
            ]
            #expect(try await scene.story(upload.id).sorted() == expected.sorted())
        }
    }

    @Test func finalizesAGrantOnce() async throws {
        try await Scene.run { scene in
            try await scene.queue.save(.wix())
            let path = try scene.folder.write("a+b ü.jpg", bytes: 20_000)
            let minted = try await scene.server.mintGrant(mimeType: "image/jpeg")
            let grant = try Grant(uploadURL: minted.uploadURL, uploadToken: minted.uploadToken)
            let upload = try await scene.queue.add(.file(path), to: "wix", grant: grant)
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed)
            let file = try WixFile(response: try #require(done.response))
            #expect(file.displayName == "a+b ü.jpg")
            #expect(file.sizeInBytes == 20_000)
            #expect(file.operationStatus == .ready)
            #expect(file.mediaType == .image)
            #expect(scene.server.requests().filter(\.finalized).count == 1)
            #expect(scene.server.requests().allSatisfy { !$0.authorization })
        }
    }

    @Test func manyFilesAtOnceArriveOnceEach() async throws {
        try await Scene.run { scene in
            let paths = try (0..<200).map { try scene.folder.write("\($0).bin", bytes: 2_000, seed: UInt64($0 + 1)) }
            let ids = try await scene.queue.add(paths.map { .file($0) }, to: "server")
            try await scene.drain(concurrency: 8)
            for (index, id) in ids.enumerated() {
                #expect(
                    try scene.stored(try await scene.upload(id)) == TestFolder.bytes(2_000, seed: UInt64(index + 1))
                )
            }
            #expect(scene.server.requests().filter { $0.step == .create }.count == 200)
            #expect(scene.server.requests().filter { $0.step == .transfer }.count == 200)
        }
    }
}
