import Foundation
import GRDB
import Logging
import Testing
import UploadStore

@testable import Uploads

/// A source that is to go, and that another upload or another queue needs.
@Suite(.timeLimit(.minutes(5))) struct SharedSourceTests {
    /// Does what a worker does after an upload of the file.
    private static func settle(_ scene: Scene, _ path: String) async throws {
        let logger = Logger(label: "test")
        try await SourceDisposal(
            store: scene.queue.store,
            patience: DatabasePatience(logger: logger),
            logger: logger
        ).settle(at: path, inode: nil)
    }

    /// A folder can have two names.
    @Test func anUploadOfTheFileByAnotherPathIsWaitedFor() async throws {
        try await Scene.run { scene in
            try FileManager.default.createDirectory(
                atPath: scene.folder["real"],
                withIntermediateDirectories: false
            )
            try FileManager.default.createSymbolicLink(
                atPath: scene.folder["link"],
                withDestinationPath: scene.folder["real"]
            )
            let path = try scene.folder.write("real/file", bytes: 10)
            let later = AddOptions(batch: "later")
            let second = try await scene.queue.add(.file(scene.folder["link/file"]), to: "server", options: later)
            let first = try await scene.queue.add(.file(path), to: "server", options: .init(afterCompletion: .delete))
            try await scene.queue.pause(.batch("later"))
            try await scene.drain()
            #expect(try await scene.upload(first.id).status == .completed)
            #expect(FileManager.default.fileExists(atPath: path))
            try await scene.queue.resume(.batch("later"))
            try await scene.drain()
            #expect(try await scene.upload(second.id).status == .completed)
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(try await scene.story(first.id).last == "source deleted")
        }
    }

    /// Its row is being written when the worker lets the file go.
    @Test func aFileThatIsAddedMeanwhileStaysForIt() async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("file", bytes: 10)
            let upload = try await scene.add("file")
            try await scene.drain()
            try await scene.sql("UPDATE upload SET after_completion = 'delete'")
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let adder = try DatabaseQueue(path: scene.queue.path, configuration: configuration)
            try await adder.writeWithoutTransaction { db in
                try db.beginTransaction(.immediate)
                try db.execute(
                    sql: "INSERT INTO upload (source_path, destination) VALUES (?, 'server')",
                    arguments: [path]
                )
            }
            let settling = Task { try await Self.settle(scene, path) }
            for _ in 0..<1000 { await Task.yield() }
            try await adder.writeWithoutTransaction { try $0.commit() }
            try await settling.value
            #expect(FileManager.default.fileExists(atPath: path))
            #expect(try await scene.story(upload.id).last == "finished")
            try await scene.drain()
            #expect(try await scene.queue.uploads().map(\.status) == [.completed, .completed])
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(try await scene.story(upload.id).last == "source deleted")
        }
    }

    /// A worker let it go, and is at it or died: adding it would lose it.
    @Test func aFileThatIsAboutToGoIsNotAdded() async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("file", bytes: 10)
            let other = try scene.folder.write("other", bytes: 10)
            let upload = try await scene.queue.add(.file(path), to: "server")
            try await scene.drain()
            try await scene.sql("UPDATE upload SET after_completion = 'delete', source_leaves = 1")
            let error = await #expect(throws: UploadQueueError.self) {
                try await scene.queue.add(.file(path), to: "server")
            }
            #expect(error?.code == .invalidSource)
            #expect(error?.message.hasPrefix("\(path) is about to be deleted or moved, as upload 1 asked for") == true)
            var rejected: [String] = []
            let order = AddOrder(queue: scene.queue, destination: "server")
            for sources in [[UploadSource.file(other), .file(path)], [.copy(of: other), .file(path)]] {
                let added = try await order.add(sources) { source, _ in rejected.append(source.path) }
                #expect(added.map(\.source.path) == [other])
            }
            #expect(rejected == [path, path])
            try await scene.drain()
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(try await scene.story(upload.id).last == "source deleted")
            // Another file can have its number.
            let again = try scene.folder.write("file", bytes: 10)
            let next = try await scene.queue.add(.file(again), to: "server")
            try await scene.drain()
            #expect(try await scene.upload(next.id).status == .completed)
        }
    }

    /// Also where the row says another thing by now than when it was read.
    @Test func whatIsDoneIsWhatTheRowSays() async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("file", bytes: 10)
            try await scene.queue.add(.file(path), to: "server")
            try await scene.drain()
            try await scene.sql("UPDATE upload SET after_completion = 'delete'")
            let store = scene.queue.store
            #expect(try await store.releaseSource(1) != nil)
            try await store.keepSource(1)
            try await scene.sql("UPDATE upload SET after_completion = NULL")
            #expect(try await store.releaseSource(1) == nil)
            try await scene.drain()
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    /// Its worker met the file in the hands of this one, which so has to see to it.
    @Test func whatCompletesMeanwhileIsSettledToo() async throws {
        try await Scene.run { scene in
            let path = try scene.folder.write("file", bytes: 10)
            for _ in 1...2 { try await scene.queue.add(.file(path), to: "server") }
            try await scene.drain()
            try await scene.sql("UPDATE upload SET after_completion = 'delete' WHERE id = 1")
            try await scene.sql(
                """
                CREATE TRIGGER completes AFTER UPDATE OF source_settled ON upload WHEN new.id = 1
                BEGIN UPDATE upload SET after_completion = 'delete' WHERE id = 2; END
                """
            )
            try await Self.settle(scene, path)
            #expect(!FileManager.default.fileExists(atPath: path))
            for id: Int64 in [1, 2] { #expect(try await scene.story(id).last == "source deleted") }
        }
    }

    /// What a copy of the queue completes is not removed under the queue, which still needs it.
    @Test func aCopyOfTheQueueLeavesItsBytes() async throws {
        try await Scene.run { scene in
            try await scene.queue.add(bytes: Array("the only copy".utf8), named: "a", to: "server")
            let backup = try await scene.queue.backUp(to: scene.folder["copy.db"])
            let copy = Scene(
                folder: scene.folder,
                queue: try await UploadQueue.open(backup.path),
                server: scene.server
            )
            try await copy.drain()
            #expect(try await copy.upload(1).status == .completed)
            #expect(try await copy.story(1).last == "source kept")
            try await scene.drain()
            #expect(try await scene.upload(1).status == .completed)
            #expect(try await scene.story(1).last == "source deleted")
        }
    }

    /// The only bytes there are, perhaps, and the host did not say that it has them.
    @Test func aNoteKeepsTheQueuesCopy() async throws {
        try await Scene.run { scene in
            try await scene.queue.add(bytes: Array("the only copy".utf8), named: "a", to: "server")
            try await scene.sql("UPDATE upload SET after_completion = NULL")
            try await scene.drain()
            try await scene.sql(
                "UPDATE upload SET after_completion = 'delete', last_error_code = 'unconfirmed', last_error = 'why'"
            )
            try await scene.drain()
            #expect(try await scene.story(1).last == "source kept")
            #expect(FileManager.default.fileExists(atPath: try await scene.upload(1).sourcePath))
            try await scene.queue.remove([1])
            try await scene.drain()
            let copies = try FileManager.default.contentsOfDirectory(atPath: scene.queue.path + ".spool")
            #expect(copies.isEmpty)
        }
    }
}
