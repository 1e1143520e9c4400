import DevelopmentServer
import Foundation
import GRDB
import Testing

@testable import UploadStore
@testable import Uploads

@Suite(.serialized) struct BatchTests {
    private static func batch(_ queue: UploadQueue) async throws -> Batch {
        try #require(try await queue.batch("monday"))
    }

    private static func finishes(_ queue: UploadQueue) async throws -> Int {
        try await queue.events(limit: 1 << 20).count { $0.event == "batch finished" && $0.batch == "monday" }
    }

    private static func add(_ scene: Scene, _ name: String, batch: String = "monday") async throws -> Upload {
        let path = try scene.folder.write(name, bytes: 1000)
        return try await scene.queue.add(.file(path), to: "server", options: .init(batch: batch))
    }

    /// The counts that were kept when it finished.
    private static func kept(_ scene: Scene) async throws -> [String] {
        try await scene.sql("SELECT completed, failed, cancelled FROM batch WHERE name = 'monday'")
    }

    @Test func itFinishesOnceInTheProcessThatEndsItsLastUpload() async throws {
        let folder = try TestFolder()
        let queue = try await UploadQueue.open(folder["queue.db"])
        try await queue.save(.tus("server", endpoint: "http://127.0.0.1:1/"))
        let paths = try (0..<12).map { try folder.write("\($0)", bytes: 100) }
        let ids = try await queue.add(paths.map { .file($0) }, to: "server", options: .init(batch: "monday"))
        try await queue.cancel(ids[0])
        try await queue.close(batch: "monday")
        #expect(try await Self.batch(queue).finishedAt == nil)
        let follower = Task {
            var seen: [BatchProgress.Element] = []
            for try await progress in queue.progress(ofBatch: "monday") { seen.append(progress) }
            return seen
        }
        await #expect(processExitsWith: .success) { [folder = folder.path as String] in
            let queue = try await UploadQueue.open(folder + "/queue.db")
            try await withDevelopmentServer(.init(directory: folder + "/server")) { server in
                try await queue.save(.tus("server", endpoint: server.endpoint))
                try await queue.processor(options: .init(drain: true)).run()
            }
        }
        let seen = try await follower.value
        #expect(!seen.isEmpty, "the first look may come after the last upload")
        #expect(seen.last?.batch.unfinished == 0 && seen.last?.bytesThere == 1100 && seen.last?.bytes == 1200)
        #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.bytesThere <= $1.bytesThere })
        let batch = try await queue.waitUntilFinished(batch: "monday")
        #expect(batch.finishedAt != nil)
        #expect(batch.count(.completed) == 11 && batch.count(.cancelled) == 1)
        #expect(try await Self.finishes(queue) == 1)
        let last = try await queue.events(limit: 1 << 20).last { $0.event == "finished" }
        let finish = try await queue.events(limit: 1 << 20).first { $0.event == "batch finished" }
        #expect(last?.id ?? 0 < finish?.id ?? 0)
    }

    @Test func itFinishesWhenItIsClosedAfterItsUploads() async throws {
        try await Scene.run { scene in
            let upload = try await Self.add(scene, "a")
            try await scene.queue.cancel(upload.id)
            #expect(try await Self.batch(scene.queue).finishedAt == nil)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    let other = try await UploadQueue.open(scene.queue.path)
                    group.addTask { try await other.close(batch: "monday") }
                }
                try await group.waitForAll()
            }
            let batch = try await Self.batch(scene.queue)
            #expect(batch.isClosed && batch.finishedAt != nil)
            #expect(try await Self.kept(scene) == ["0|0|1"])
            #expect(try await Self.finishes(scene.queue) == 1)
            let late = await #expect(throws: UploadQueueError.self) { _ = try await Self.add(scene, "b") }
            #expect(late?.code == .refused)
            #expect(try await Self.batch(scene.queue).uploads == 1)
        }
    }

    @Test func aRetryLeavesWhenItFinished() async throws {
        try await Scene.run(faults: [Fault(.step(.create), .status(400))]) { scene in
            let upload = try await Self.add(scene, "a")
            try await scene.queue.close(batch: "monday")
            try await scene.drain()
            let first = try await Self.batch(scene.queue)
            #expect(first.finishedAt != nil && first.count(.failed) == 1)
            try await scene.queue.retry(upload.id)
            let again = try await Self.batch(scene.queue)
            #expect(again.finishedAt == first.finishedAt && again.unfinished == 1)
            try await scene.drain()
            let batch = try await scene.queue.waitUntilFinished(batch: "monday")
            #expect(batch.finishedAt == first.finishedAt && batch.count(.completed) == 1)
            #expect(try await Self.kept(scene) == ["0|1|0"])
            #expect(try await Self.finishes(scene.queue) == 1)
            #expect(try await scene.isRefused("UPDATE batch SET closed = 0 WHERE name = 'monday'"))
        }
    }

    @Test func whoWaitsForItCanBeCancelled() async throws {
        try await Scene.run { scene in
            _ = try await Self.add(scene, "a")
            let waits = (0..<5).map { _ in Task { try await scene.queue.waitUntilFinished(batch: "monday") } }
            while !scene.queue.store.watch.isLooking { await Task.yield() }
            for wait in waits { wait.cancel() }
            for wait in waits { await #expect(throws: CancellationError.self) { try await wait.value } }
            #expect(!scene.queue.store.watch.isLooking)
            let missing = await #expect(throws: UploadQueueError.self) {
                try await scene.queue.waitUntilFinished(batch: "tuesday")
            }
            #expect(missing?.code == .notFound)
        }
    }

    @Test func pruningRemovesWhatIsLeftOfIt() async throws {
        try await Scene.run { scene in
            // More than one step of pruning removes.
            try await scene.sql(
                """
                WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 250)
                INSERT INTO batch (name) SELECT 'batch ' || n FROM number;
                UPDATE batch SET closed = 1;
                """
            )
            let path = try scene.folder.write("a", bytes: 10)
            let options = AddOptions(batch: "monday", tags: ["urgent"])
            let upload = try await scene.queue.add(.file(path), to: "server", options: options)
            try await scene.queue.cancel(upload.id)
            try await scene.queue.close(batch: "monday")
            _ = try await Self.add(scene, "b", batch: "open")
            try await scene.queue.prune()
            #expect(try await scene.queue.batches().map(\.name) == ["open"])
            for table in ["upload_tag", "removed_upload"] {
                #expect(try await scene.sql("SELECT count(*) FROM \(table)") == ["0"], "\(table)")
            }
            #expect(try await scene.queue.events().map(\.event) == ["add"])
        }
    }
}
