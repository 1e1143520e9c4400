#if os(Linux)
import DevelopmentServer
import Synchronization
import Testing

@Suite(.serialized) struct PeakMemoryTests {
    /// A worker's memory does not grow with the file: at most 64 MiB, whatever the scale of `RandomKillTests`.
    @Test func largeFileNeedsLittleMemory() async throws {
        let folder = try TemporaryFolder()
        let source = try folder.write("large.bin", bytes: RandomKillTests.Scale.current.large, seed: 3)
        let worker = Mutex<Command?>(nil)
        let peak = Mutex(0)
        let measure: @Sendable (RequestRecord) -> Void = { _ in
            let now = worker.withLock { $0?.peakMemory } ?? 0
            peak.withLock { $0 = max($0, now) }
        }
        // The server calls right before it answers a request, so the last call comes after the last byte.
        try await withDevelopmentServer(.init(directory: folder["server"]), onRequest: measure) { server in
            let database = folder["queue.db"]
            let add = ["add", "--database", database, source, "--to", server.endpoint]
            #expect(try await Command.run(add, in: folder).status == 0)
            let running = try Command(["run", "--drain", "--database", database], in: folder)
            worker.withLock { $0 = running }
            #expect(try await running.wait().status == 0)
        }
        let kibibytes = peak.withLock { $0 }
        print("proof: peak memory of the worker: \(kibibytes) KiB for \(RandomKillTests.Scale.current.large) bytes")
        #expect(kibibytes > 0)
        #expect(kibibytes < 64 << 10)
    }
}
#endif
