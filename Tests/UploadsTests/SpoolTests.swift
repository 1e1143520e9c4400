import Foundation
import Logging
import Testing
import UploadStore

@testable import Uploads

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The queue's own copies: whole, private, there as long as an upload needs them, and no longer.
@Suite struct SpoolTests {
    private struct Broken: Error {}

    private func copies(_ folder: TestFolder) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder["queue.db.spool"])) ?? []
    }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    private func queue(in folder: TestFolder) async throws -> UploadQueue {
        let queue = try await UploadQueue.open(folder["queue.db"])
        try await queue.save(.tus("server", endpoint: "http://127.0.0.1:9/"))
        return queue
    }

    @Test func aCopyIsPrivateAndWholeAndOutlivesItsOriginal() async throws {
        try await Scene.run { scene in
            let size = 3 << 20 + 7
            let path = try scene.folder.write("photo.jpg", bytes: size, seed: 5)
            let upload = try await scene.queue.add(.copy(of: path), to: "server")
            try FileManager.default.removeItem(atPath: path)
            #expect(try mode(scene.folder["queue.db.spool"]) == 0o700)
            #expect(try mode(upload.sourcePath) == 0o600)
            #expect(FileManager.default.contents(atPath: upload.sourcePath) == TestFolder.bytes(size, seed: 5))
            try await scene.drain()
            let done = try await scene.upload(upload.id)
            #expect(done.status == .completed)
            #expect(try scene.stored(done) == TestFolder.bytes(size, seed: 5))
            #expect(copies(scene.folder).isEmpty)
            #expect(try await scene.story(upload.id).filter { $0.hasPrefix("source") } == ["source deleted"])
        }
    }

    @Test func anEmptyFileIsCopiedToo() async throws {
        try await Scene.run { scene in
            let upload = try await scene.queue.add(.copy(of: try scene.folder.write("e", bytes: 0)), to: "server")
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }

    @Test func aFileThatIsWrittenMeanwhileIsRefused() async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        let path = try folder.write("file", bytes: 1 << 20)
        let file = open(path, O_WRONLY | O_CLOEXEC)
        defer { close(file) }
        let (isWriting, began) = AsyncStream.makeStream(of: Void.self)
        let writer = Task.detached {
            while !Task.isCancelled {
                #expect(pwrite(file, "x", 1, 0) == 1)
                began.yield()
                await Task.yield()
            }
        }
        for await _ in isWriting { break }
        let error = await #expect(throws: UploadQueueError.self) {
            try await queue.add(.copy(of: path), to: "server")
        }
        writer.cancel()
        await writer.value
        #expect(error?.code == .invalidSource)
        #expect(error?.message == "\(path) changed while it was copied; add it again once it is written")
        #expect(copies(folder).isEmpty)
        #expect(try await queue.uploads().isEmpty)
    }

    @Test func aFileThatChangedSinceItWasLookedAtIsRefused() async throws {
        let folder = try TestFolder()
        let spool = Spool(databasePath: try folder.write("queue.db", bytes: 0), mark: "0123456789ABCDEF")
        let path = try folder.write("file", bytes: 1000)
        let identity = try SourceFile.identity(of: path)
        try folder.write("other", bytes: 1000, seed: 2)
        #expect(rename(folder["other"], path) == 0)
        let hold = try await spool.hold()
        await #expect(throws: SourceFile.Failure.self) { try await spool.copy(of: path, identity, hold) }
        #expect(copies(folder).isEmpty)
    }

    @Test func oneBadFileLeavesNoCopyOfTheOthers() async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        let good = try folder.write("good", bytes: 10)
        await #expect(throws: UploadQueueError.self) {
            try await queue.add([.copy(of: good), .copy(of: folder["missing"])], to: "server")
        }
        #expect(copies(folder).isEmpty)
        #expect(try await queue.uploads().isEmpty)
    }

    @Test func bytesOfASequenceAreKept() async throws {
        try await Scene.run { scene in
            let pieces = [[1, 2, 3], [], [4], Array(repeating: 5, count: 100_000)] as [[UInt8]]
            let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
            for piece in pieces { continuation.yield(piece) }
            continuation.finish()
            let upload = try await scene.queue.add(bytes: stream, named: "a.bin", to: "server")
            #expect(try mode(upload.sourcePath) == 0o600)
            try await scene.drain()
            #expect(try scene.stored(try await scene.upload(upload.id)) == Data(pieces.joined()))
            #expect(copies(scene.folder).isEmpty)
        }
    }

    @Test func aSequenceThatFailsLeavesNothing() async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: [UInt8].self)
        continuation.yield(Array(repeating: 1, count: 1000))
        continuation.finish(throwing: Broken())
        await #expect(throws: Broken.self) { try await queue.add(bytes: stream, named: "a", to: "server") }
        #expect(copies(folder).isEmpty)
        #expect(try await queue.uploads().isEmpty)
        let bySource = AddOptions(uniqueKey: .source)
        let error = await #expect(throws: UploadQueueError.self) {
            try await queue.add(bytes: [1], named: "a", to: "server", options: bySource)
        }
        #expect(error?.code == .invalidOption)
    }

    @Test func theSameFileIsKeptOnce() async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        let path = try folder.write("a", bytes: 10)
        let options = AddOptions(uniqueKey: .source)
        let first = try await queue.add(.copy(of: path), to: "server", options: options)
        let again = try await queue.add([.copy(of: path), .copy(of: path)], to: "server", options: options)
        #expect(again == [first.id, first.id])
        #expect(copies(folder).map { folder["queue.db.spool/\($0)"] } == [first.sourcePath])
        try folder.write("a", bytes: 11)
        let changed = try await queue.add(.copy(of: path), to: "server", options: options)
        #expect(changed.id != first.id)
        #expect(copies(folder).count == 2)
        let key = AddOptions(uniqueKey: .key("k"))
        let bytes = try await queue.add(bytes: [1], named: "b", to: "server", options: key)
        #expect(try await queue.add(bytes: [2], named: "b", to: "server", options: key).id == bytes.id)
        #expect(FileManager.default.contents(atPath: bytes.sourcePath) == Data([1]))
        #expect(copies(folder).count == 3)
    }

    @Test func whatTheDatabaseRefusesLeavesNoCopyButThoseOfOthers() async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        let path = try folder.write("a", bytes: 10)
        var options = AddOptions(uniqueKey: .source, ifExists: .fail)
        let first = try await queue.add(.copy(of: path), to: "server", options: options)
        let other = try folder.write("b", bytes: 10)
        let error = await #expect(throws: UploadQueueError.self) {
            try await queue.add([.copy(of: other), .copy(of: path)], to: "server", options: options)
        }
        #expect(error?.code == .exists)
        #expect(copies(folder).map { folder["queue.db.spool/\($0)"] } == [first.sourcePath])
        #expect(try await queue.uploads().map(\.id) == [first.id])

        // Of more than 500, those of the transactions before the refusal stay, with their copies.
        options.uniqueKey = .key("only one")
        let many = Array(repeating: UploadSource.copy(of: other), count: 1)
        try await queue.add(many, to: "server", options: options)
        await #expect(throws: UploadQueueError.self) { try await queue.add(many, to: "server", options: options) }
        #expect(copies(folder).count == 2)
    }

    @Test(.timeLimit(.minutes(5))) func whatNoUploadNamesIsCollectedButNotWhileSomebodyAdds() async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        let named = try await queue.add(.copy(of: try folder.write("a", bytes: 10)), to: "server")
        try folder.write("queue.db.spool/notes.txt", bytes: 1)
        let orphan = try await orphan(of: folder["a"], in: queue)
        // The lock ends with the last user of the folder, which may be a thread that is about to let go.
        while try await queue.spool.collect(isNamed: { try await queue.store.names($0) }) == 0 { await Task.yield() }
        #expect(!FileManager.default.fileExists(atPath: orphan))
        #expect(FileManager.default.fileExists(atPath: named.sourcePath))
        #expect(copies(folder).contains("notes.txt"))
    }

    /// A copy that is on disk, and whose adder ends without a row; meanwhile nobody takes it for forgotten.
    private func orphan(of path: String, in queue: UploadQueue) async throws -> String {
        let hold = try await queue.spool.hold()
        defer { withExtendedLifetime(hold) {} }
        let copy = try await queue.spool.copy(of: path, SourceFile.identity(of: path), hold)
        // Each open folder has a lock of its own, in one process as in two.
        try #require(try await queue.spool.collect { _ in false } == 0)
        #expect(FileManager.default.fileExists(atPath: copy.path))
        return copy.path
    }

    @Test func removedUploadsLeaveNoCopyAndNothingElseIsRemoved() async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        let path = try folder.write("precious", bytes: 10)
        let ids = try await queue.add([.copy(of: path), .copy(of: path)], to: "server")
        // A hand at the sqlite3 shell may say of any file that it is a copy.
        _ = try await ChildProcess.output([
            "sqlite3", queue.path,
            "INSERT INTO upload (source_path, destination, spooled) VALUES ('\(path)', 'server', 1)",
        ])
        for id in ids + [3] { try await queue.cancel(id) }
        try await queue.remove([ids[0], 3])
        #expect(copies(folder).count == 1)
        #expect(FileManager.default.fileExists(atPath: path))
        try await queue.prune()
        #expect(copies(folder).isEmpty)
    }

    @Test(
        arguments: [
            ("mkdir elsewhere; ln -s elsewhere queue.db.spool", "is a link or no folder"),
            ("echo > queue.db.spool", "is a link or no folder"),
            ("ln -s nowhere queue.db.spool", "is a link or no folder"),
            ("mkdir -m 755 queue.db.spool", "is open to other users"),
            ("mkdir -m 1777 queue.db.spool", "is open to other users"),
        ]
    )
    func aFolderThatOthersMadeIsRefused(_ made: String, _ words: String) async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        let path = try folder.write("a", bytes: 10)
        _ = try await ChildProcess.output(["bash", "-c", "cd '\(folder.path)'; \(made)"])
        for attempt in [
            { try await queue.add(.copy(of: path), to: "server") },
            {
                try await queue.add(bytes: [1], named: "b", to: "server")
            },
        ] {
            let error = await #expect(throws: UploadQueueError.self) { try await attempt() }
            #expect(error?.code == .wrongPermissions)
            #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        }
        await #expect(throws: UploadQueueError.self) { try await queue.spool.collect { _ in false } }
        #expect(try await queue.uploads().isEmpty)
        let elsewhere = try? FileManager.default.contentsOfDirectory(atPath: folder["elsewhere"])
        #expect(elsewhere ?? [] == [])
    }

    /// Only root can give a folder away.
    @Test(.enabled(if: geteuid() == 0)) func aFolderOfAnotherUserIsRefused() async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        #expect(mkdir(folder["queue.db.spool"], 0o700) == 0)
        #expect(chown(folder["queue.db.spool"], 12345, 12345) == 0)
        let error = await #expect(throws: UploadQueueError.self) {
            try await queue.add(bytes: [1], named: "b", to: "server")
        }
        #expect(error?.message.contains("belongs to another user (12345)") == true)
    }

    /// Root adds to the queue of a user, whose worker has to read the copy.
    @Test(.enabled(if: geteuid() == 0)) func copiesBelongToTheOwnerOfTheDatabase() async throws {
        let folder = try TestFolder()
        let queue = try await queue(in: folder)
        for path in [folder.path, queue.path] { #expect(chown(path, 12345, 12345) == 0) }
        let source = try folder.write("a", bytes: 10)
        for upload in [
            try await queue.add(bytes: [1], named: "b", to: "server"),
            try await queue.add(.copy(of: source), to: "server"),
        ] {
            for path in [folder["queue.db.spool"], upload.sourcePath] {
                var information = stat()
                #expect(lstat(path, &information) == 0 && information.st_uid == 12345 && information.st_gid == 12345)
            }
        }
        #expect(try await queue.spool.collect { _ in false } == 2, "root may clean up too")
        // A folder that is root's, as older versions made it, would hide the copies from the user's worker.
        #expect(chown(folder["queue.db.spool"], 0, 0) == 0)
        let error = await #expect(throws: UploadQueueError.self) {
            try await queue.add(bytes: [1], named: "b", to: "server")
        }
        #expect(error?.code == .wrongPermissions)
        #expect(error?.message.contains("run: chown -R 12345 '\(folder["queue.db.spool"])'") == true)
    }

    @Test func aWorkerGoesOnWithoutASpool() async throws {
        try await Scene.run { scene in
            #expect(symlink(scene.folder.path, scene.folder["queue.db.spool"]) == 0)
            let upload = try await scene.add()
            try await scene.drain()
            #expect(try await scene.upload(upload.id).status == .completed)
        }
    }
}
