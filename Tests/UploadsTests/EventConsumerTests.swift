import DevelopmentServer
import Foundation
import GRDB
import Testing

@testable import Uploads

/// Programs that read the history, and are killed while they do.
@Suite(.serialized) struct EventConsumerTests {
    /// A folder with a queue whose uploads nobody works: each is added, paused, resumed and cancelled.
    private static func makeHistory(_ queue: UploadQueue, in folder: TestFolder, uploads: Int) async throws {
        let path = try folder.write("source", bytes: 10)
        for _ in 0..<uploads {
            let upload = try await queue.add(.file(path), to: "server")
            try await queue.pause(upload.id)
            try await queue.resume(upload.id)
            try await queue.cancel(upload.id)
        }
    }

    private static func ids(_ queue: UploadQueue) async throws -> [UploadEvent.ID] {
        try await queue.events(limit: 1 << 20).map(\.id)
    }

    @Test func eventsComeInOrderAtLeastOnceOverKills() async throws {
        let folder = try TestFolder()
        let queue = try await UploadQueue.open(folder["queue.db"])
        try await queue.save(.tus("server", endpoint: "https://tus.example.org/"))
        try await Self.makeHistory(queue, in: folder, uploads: 60)
        let all = try await Self.ids(queue)
        var rounds = 0
        while try await queue.consumer("reader").position() < all.last ?? 0 {
            rounds += 1
            await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder.path as String] in
                let queue = try await UploadQueue.open(folder + "/queue.db")
                let consumer = queue.consumer("reader")
                let log = try FileHandle(forWritingTo: Self.file(folder + "/seen"))
                try log.seekToEnd()
                var count = 0
                for try await event in consumer.events() {
                    try log.write(contentsOf: Data("\(event.id)\n".utf8))
                    try await consumer.acknowledge(event)
                    count += 1
                    // Each gets on, and none waits for an event that never comes.
                    if count == 1 { Kill.soon(within: 0...100) }
                }
            }
        }
        let seen = try String(contentsOfFile: folder["seen"], encoding: .utf8).split(separator: "\n").map {
            Int64($0) ?? 0
        }
        var firstTimes: [UploadEvent.ID] = []
        for (index, id) in seen.enumerated() {
            if id > firstTimes.last ?? 0 { firstTimes.append(id) }
            // Only what a killed process had not acknowledged comes again: one event.
            #expect(id == firstTimes.last, "line \(index)")
        }
        #expect(firstTimes == all)
        #expect(rounds > 1)
    }

    private static func file(_ path: String) -> URL {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        return URL(filePath: path)
    }

    @Test func anEffectInTheSameTransactionHappensExactlyOnceOverKills() async throws {
        let folder = try TestFolder()
        let program = try await Program(folder.path)
        try await program.queue.save(.tus("server", endpoint: "https://tus.example.org/"))
        try await program.pool.write { db in
            try db.execute(
                sql: "CREATE TABLE effect (number INTEGER PRIMARY KEY AUTOINCREMENT, event INTEGER NOT NULL)"
            )
        }
        try await Self.makeHistory(program.queue, in: folder, uploads: 60)
        let all = try await Self.ids(program.queue)
        var rounds = 0
        while try await program.queue.consumer("billing").position() < all.last ?? 0 {
            rounds += 1
            await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder.path as String] in
                try await Program.start(folder) { program in
                    let consumer = program.queue.consumer("billing")
                    var count = 0
                    for try await event in consumer.events() {
                        try await program.pool.write { db in
                            try db.execute(sql: "INSERT INTO effect (event) VALUES (?)", arguments: [event.id])
                            try consumer.acknowledge(event, in: db)
                        }
                        count += 1
                        if count == 1 { Kill.soon(within: 0...100) }
                    }
                }
            }
            try #require(Program.error(in: folder.path) == nil)
        }
        let effects = try await program.pool.read { db in
            try Int64.fetchAll(db, sql: "SELECT event FROM effect ORDER BY number")
        }
        #expect(effects == all)
        #expect(rounds > 1)
    }

    @Test func anAcknowledgementThatIsRolledBackNeverWas() async throws {
        try await GuestQueueTests.run { program, scene in
            try await Self.makeHistory(program.queue, in: scene.folder, uploads: 1)
            let consumer = program.queue.consumer("billing")
            let events = try await program.queue.events()
            await #expect(throws: GuestQueueTests.Undone.self) {
                try await program.pool.write { db in
                    try consumer.acknowledge(events[1], in: db)
                    throw GuestQueueTests.Undone()
                }
            }
            #expect(try await consumer.position() == 0)
            try await program.pool.write { db in try consumer.acknowledge(events[1], in: db) }
            #expect(try await consumer.position() == events[1].id)
        }
    }

    @Test func thePositionNeverGoesBack() async throws {
        try await Scene.run { scene in
            try await Self.makeHistory(scene.queue, in: scene.folder, uploads: 2)
            let events = try await scene.queue.events()
            let consumer = scene.queue.consumer("reader")
            try await consumer.acknowledge(events[4])
            try await consumer.acknowledge(events[1])
            #expect(try await consumer.position() == events[4].id)
            #expect(try await scene.isRefused("UPDATE consumer SET cursor = 1"))
            #expect(try await consumer.position() == events[4].id)
            var iterator = consumer.events().makeAsyncIterator()
            #expect(try await iterator.next() == events[5])
            // Another reader has its own.
            var other = scene.queue.consumer("other").events().makeAsyncIterator()
            #expect(try await other.next() == events[0])
            try await scene.queue.removeConsumer("reader")
            #expect(try await consumer.position() == 0)
            let missing = await #expect(throws: UploadQueueError.self) {
                try await scene.queue.removeConsumer("reader")
            }
            #expect(missing?.code == .notFound)
        }
    }

    @Test func whatHappensWhileItWaitsIsTold() async throws {
        try await Scene.run { scene in
            let other = try await UploadQueue.open(scene.queue.path)
            let upload = try await scene.add()
            let reading = Task {
                var words: [String] = []
                for try await event in other.consumer("reader").events() {
                    words.append(event.event)
                    try await other.consumer("reader").acknowledge(event)
                    if event.event == "finished" { break }
                }
                return words
            }
            while try await other.consumer("reader").position() == 0 { await Task.yield() }
            try await scene.drain()
            #expect(try await reading.value == (try await scene.story(upload.id)))
            let waiting = Task { for try await _ in other.newEvents(after: 1 << 40) {} }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }

    /// What a consumer has not read stays, whatever is pruned.
    @Test func pruningLeavesWhatAConsumerHasNotRead() async throws {
        try await Scene.run { scene in
            try await Self.makeHistory(scene.queue, in: scene.folder, uploads: 3)
            let events = try await scene.queue.events()
            let consumer = scene.queue.consumer("slow")
            try await consumer.acknowledge(events[6])
            let pruned = try await scene.queue.prune()
            #expect(pruned == .init(uploads: 3, events: 7))
            #expect(try await scene.queue.events() == Array(events.dropFirst(7)))
            #expect(try await scene.isRefused("DELETE FROM upload_event"))
            try await consumer.acknowledge(try #require(events.last))
            #expect(try await scene.queue.prune() == .init(uploads: 0, events: events.count - 7))
            #expect(try await scene.sql("SELECT count(*) FROM removed_upload") == ["0"])
        }
    }
}
