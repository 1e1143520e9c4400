import Foundation
import Testing

@testable import Uploads

/// A queue in another folder than the one in which it was made.
@Suite struct MovedQueueTests {
    @Test func copiesOfAMovedQueueAreNotTakenForForgotten() async throws {
        let folder = try TestFolder()
        let files = FileManager.default
        for name in ["one", "two"] {
            try files.createDirectory(atPath: folder[name], withIntermediateDirectories: false)
        }
        try await Self.addBytes(to: folder["one/queue.db"])
        for name in try files.contentsOfDirectory(atPath: folder["one"]) {
            try files.moveItem(atPath: folder["one/\(name)"], toPath: folder["two/\(name)"])
        }
        let copies = try Set(files.contentsOfDirectory(atPath: folder["two/queue.db.spool"]))
        let mark = try #require(copies.first?.prefix(16))
        let stray = folder["two/queue.db.spool/\(mark)-\(UUID().uuidString)"]
        try Data("what a crash left".utf8).write(to: URL(filePath: stray))

        let queue = try await UploadQueue.open(folder["two/queue.db"])
        try await queue.processor(options: .init(drain: true)).run()
        #expect(try await queue.upload(1)?.failure?.code == "source_missing")
        #expect(try Set(files.contentsOfDirectory(atPath: folder["two/queue.db.spool"])) == copies)
        #expect(copies.count == 1)
    }

    /// A new queue of the old name finds the copies of the old one, which are not its to remove.
    @Test func copiesOfAnotherQueueStay() async throws {
        let folder = try TestFolder()
        try await Self.addBytes(to: folder["queue.db"])
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: folder.path) where name.hasPrefix("queue.db") {
            guard name != "queue.db.spool" else { continue }
            try files.moveItem(atPath: folder[name], toPath: folder["old-\(name)"])
        }
        let copies = try Set(files.contentsOfDirectory(atPath: folder["queue.db.spool"]))
        try await Self.addBytes(to: folder["queue.db"])
        let queue = try await UploadQueue.open(folder["queue.db"])
        try await queue.pause(.queue)
        try await queue.processor(options: .init(drain: true)).run()
        let left = try Set(files.contentsOfDirectory(atPath: folder["queue.db.spool"]))
        #expect(left.isSuperset(of: copies) && left.count == 2)
    }

    /// The queue is closed afterwards.
    private static func addBytes(to path: String) async throws {
        let queue = try await UploadQueue.open(path)
        try await queue.save(.tus("archive", endpoint: "http://127.0.0.1:1/"))
        try await queue.add(bytes: Array("the only copy".utf8), named: "a", to: "archive")
    }
}
