import DevelopmentServer
import Foundation
import Testing

/// Kills the worker at random moments of a run over large, small, empty and oddly named files.
///
/// `.ci/run` sets `UPLOAD_QUEUE_SCALE=full`: 1 GiB, 2,000 files of 64 KiB, 20 kills. Without it the same test runs smaller.
@Suite(.serialized) struct RandomKillTests {
    struct Scale {
        var large: Int
        var small: Int
        var kills: Int

        static let isFull = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SCALE"] == "full"
        /// With the full scale: nothing is left out, however long it takes.
        static let isLong = isFull && ProcessInfo.processInfo.environment["UPLOAD_QUEUE_LONG"] != nil
        /// Calls that are killed at: all of them, one in four from any of the first four on, or one in so many.
        static func calls(through last: Int, oneIn few: Int) -> StrideTo<Int> {
            isFull
                ? stride(from: isLong ? 1 : .random(in: 1...4), to: last, by: isLong ? 1 : 4)
                : stride(from: 1, to: last, by: few)
        }
        static let current =
            isFull
            ? Scale(large: 1 << 30, small: 2_000, kills: 20) : Scale(large: 96 << 20, small: 150, kills: 2)
    }

    @Test func everyFileArrivesOnce() async throws {
        let folder = try TemporaryFolder()
        let database = folder["queue.db"]
        let sources = try Self.makeSources(in: folder)
        var random = SystemRandomNumberGenerator()
        let configuration = DevelopmentServer.Configuration(directory: folder["server"])
        let (progress, moved) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let onRequest: @Sendable (RequestRecord) -> Void = { _ in moved.yield() }
        try await withDevelopmentServer(configuration, onRequest: onRequest) { server in
            var steps = progress.makeAsyncIterator()
            let add = ["add", "--database", database, "--to", server.endpoint] + sources
            let added = try await Command.run(add, in: folder)
            #expect(added.status == 0, "\(added.errors)")
            #expect(added.lines.count == sources.count)
            let run = ["run", "--drain", "--concurrency", "8", "--database", database]
            var kills = 0
            while kills < Scale.current.kills {
                let worker = try Command(run, in: folder, onEnd: { moved.yield() })
                for _ in 0..<Int.random(in: 1...60, using: &random) where worker.isRunning { await steps.next() }
                // Not to wait for something, but to hit any moment and not only those right after an answer.
                try await Task.sleep(for: .microseconds(Int.random(in: 0...30_000, using: &random)))
                guard worker.isRunning else { break }
                worker.signal(SIGKILL)
                #expect(try await worker.wait().killed)
                kills += 1
            }
            let last = try await Command.run(run, in: folder)
            #expect(last.status == 0, "\(last.errors) \(last.output.suffix(2_000))")
            // At the small scale other tests may delay this one until the worker has ended.
            #expect(kills > 0 || !Scale.isFull)
            let audit = Audit(database: database, serverFolder: folder["server"], records: server.requests())
            let orphans = try await audit.check(sources: sources)
            #expect(orphans <= kills * 8)
            print(
                "proof: random kills: \(kills), empty uploads left at the server: \(orphans), files: \(sources.count)"
            )
        }
    }

    private static func makeSources(in folder: TemporaryFolder) throws -> [String] {
        var sources = [try folder.write("large.bin", bytes: Scale.current.large, seed: 1)]
        sources.append(try folder.write("empty", bytes: 0, seed: 2))
        for (index, name) in ["ünïcödé ファイル.jpg", "مرحبا.txt", "🙂 👩‍👩‍👧.bin", "a+b&c=%20;.txt"].enumerated() {
            sources.append(try folder.write(name, bytes: 1_000 + index, seed: UInt64(10 + index)))
        }
        for index in 0..<Scale.current.small {
            sources.append(try folder.write("small-\(index).bin", bytes: 65_536, seed: UInt64(1_000 + index)))
        }
        return sources
    }
}
