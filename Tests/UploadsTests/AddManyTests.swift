import Foundation
import Testing
import UploadStore

@testable import Uploads

/// Files that are added as they come.
@Suite struct AddManyTests {
    private struct Stopped: Error {}

    private func queue(in folder: TestFolder) async throws -> UploadQueue {
        let queue = try await UploadQueue.open(folder["queue.db"])
        try await queue.save(.tus("server", endpoint: "http://127.0.0.1:9/"))
        return queue
    }

    private func stream(_ sources: [UploadSource]) -> AsyncStream<UploadSource> {
        AsyncStream { continuation in
            for source in sources { continuation.yield(source) }
            continuation.finish()
        }
    }

    /// Its upload would fail, though it had been called added.
    @Test func aFileThatGoesBeforeItsRowIsThereIsRejectedAlone() async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        for name in ["going", "staying"] { try folder.write(name, bytes: 10) }
        let order = AddOrder(queue: queue, destination: "server")
        var rejected: [String] = []
        let added = try await order.add(["missing", "going", "staying"].map { .file(folder[$0]) }) { source, error in
            rejected.append(source.path)
            #expect(error.code == .invalidSource)
            // All were looked at by now.
            try? FileManager.default.removeItem(atPath: folder["going"])
        }
        #expect(rejected == [folder["missing"], folder["going"]])
        #expect(added.map(\.source.path) == [folder["staying"]])
        #expect(try await queue.uploads().map(\.sourcePath) == [folder["staying"]])
    }

    @Test(arguments: [false, true]) func whatCannotBeAddedIsRejectedAloneAndInOrder(_ isCopied: Bool) async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        let good = ["a", "b", "c"]
        for name in good { try folder.write(name, bytes: 10) }
        let sources = ["a", "missing", "b", ".", "c"].map { UploadSource(path: folder[$0], isCopied: isCopied) }
        var rejected: [String] = []
        var added: [UploadQueue.Added] = []
        let count = try await queue.add(
            contentsOf: stream(sources),
            to: "server",
            rejected: {
                rejected.append($0.path)
                #expect($1.code == .invalidSource)
            },
            added: { added += $0 }
        )
        #expect(count == 3)
        #expect(rejected == ["missing", "."].map { folder[$0] })
        #expect(added.map(\.source.path) == good.map { folder[$0] })
        #expect(added.map(\.id) == [1, 2, 3] && added.allSatisfy(\.isNew))
    }

    /// What a destination does not take is a file like any other bad one.
    @Test func anEmptyFileForWixIsRejectedAlone() async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        try await queue.save(try .wix(owner: .site("s"), apiKey: "env:KEY"))
        let sources = try [("a", 1), ("empty", 0), ("b", 1)].map { try folder.write($0, bytes: $1) }.map(
            UploadSource.file
        )
        var rejected: [String] = []
        let count = try await queue.add(
            contentsOf: stream(sources),
            to: "wix",
            rejected: { source, _ in rejected.append(source.path) }
        )
        #expect(count == 2)
        #expect(rejected == [folder["empty"]])
    }

    /// A file that goes between its coming and its transaction.
    @Test func aFileThatGoesMeanwhileIsRejectedAlone() async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        let paths = try ["a", "goes", "b"].map { try folder.write($0, bytes: 1) }
        let (stream, continuation) = AsyncStream.makeStream(of: UploadSource.self, bufferingPolicy: .bufferingOldest(3))
        for path in paths { continuation.yield(.file(path)) }
        continuation.finish()
        try FileManager.default.removeItem(atPath: folder["goes"])
        var rejected = 0
        #expect(try await queue.add(contentsOf: stream, to: "server", rejected: { _, _ in rejected += 1 }) == 2)
        #expect(rejected == 1)
    }

    @Test func anErrorLeavesTheTransactionsBeforeIt() async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        let path = try folder.write("a", bytes: 1)
        let sources = Array(repeating: UploadSource.file(path), count: 750) + [.file(folder["missing"])]
        let error = await #expect(throws: UploadQueueError.self) {
            try await queue.add(contentsOf: stream(sources), to: "server")
        }
        #expect(error?.code == .invalidSource)
        #expect(try await queue.store.query("SELECT count(*) FROM upload").rows == [["500"]])
        await #expect(throws: Stopped.self) {
            try await queue.add(contentsOf: stream(sources), to: "server", added: { _ in throw Stopped() })
        }
        #expect(try await queue.store.query("SELECT count(*) FROM upload").rows == [["1000"]])
    }

    @Test func aKeyKeepsReplacesOrRefuses() async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("a", bytes: 1)
            func add(_ policy: AddOptions.ExistingPolicy) async throws -> Upload.ID {
                let options = AddOptions(uniqueKey: .key("k"), ifExists: policy)
                return try await scene.queue.add(.file(path), to: "server", options: options).id
            }
            #expect(try await add(.fail) == 1)
            #expect(try await add(.return) == 1)
            #expect(try await add(.replace) == 1, "it is not finished")
            try await scene.drain()
            #expect(try await add(.return) == 1)
            let error = await #expect(throws: UploadQueueError.self) { try await add(.fail) }
            #expect(error?.code == .exists)
            #expect(try await add(.replace) == 2)
            #expect(try await scene.sql("SELECT id, unique_key FROM upload ORDER BY id") == ["1|", "2|key k"])
        }
    }
}
