import Synchronization
import Testing

@testable import UploadStore

@Suite struct DatabaseWatchTests {
    /// Who looked at a version how often.
    private final class Looks: Sendable {
        @TaskLocal static var reader: Int?

        let version = Mutex(1)
        private let counts = Mutex<[Int?: Int]>([:])

        subscript(_ reader: Int?) -> Int { counts.withLock { $0[reader] ?? 0 } }

        func look() -> Int {
            counts.withLock { $0[Self.reader, default: 0] += 1 }
            return version.withLock { $0 }
        }
    }

    @Test func manyWhoWaitLookOnceForAll() async throws {
        let looks = Looks()
        let watch = DatabaseWatch(changes: ChangeSignal()) { looks.look() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for reader in 0..<20 {
                group.addTask { try await Looks.$reader.withValue(reader) { try await watch.change(since: 1) } }
            }
            // Nobody's own task: the one that looks for all.
            while looks[nil] < 4 || (0..<20).contains(where: { looks[$0] == 0 }) { await Task.yield() }
            #expect((0..<20).map { looks[$0] } == Array(repeating: 1, count: 20))
            looks.version.withLock { $0 = 2 }
            try await group.waitForAll()
        }
        #expect((0..<20).map { looks[$0] } == Array(repeating: 2, count: 20))
    }

    @Test func nobodyLooksOnceNobodyWaits() async throws {
        let looks = Looks()
        let watch = DatabaseWatch(changes: ChangeSignal()) { looks.look() }
        let waiting = Task { try await watch.change(since: 1) }
        while looks[nil] < 2 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(!watch.isLooking)
        // The next one starts it again.
        let next = Task { try await watch.change(since: 1) }
        while !watch.isLooking { await Task.yield() }
        looks.version.withLock { $0 = 2 }
        try await next.value
        #expect(!watch.isLooking)
    }

    @Test func whoWaitsLearnsThatItCannotBeRead() async throws {
        let isBroken = Mutex(false)
        let looks = Looks()
        let watch = DatabaseWatch(changes: ChangeSignal()) {
            let version = looks.look()
            if isBroken.withLock({ $0 }) { throw UploadStoreError(.inputOutput, "broken") }
            return version
        }
        let waiting = Task { try await watch.change(since: 1) }
        while looks[nil] < 2 { await Task.yield() }
        isBroken.withLock { $0 = true }
        #expect(try await storeError { try await waiting.value }.code == .inputOutput)
    }

    @Test func aChangeOfAnotherProgramEndsEachWait() async throws {
        let fixture = try await StoreFixture()
        let watch = fixture.store.watch
        let mark = try await watch.mark()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { try await watch.change(since: mark) } }
            while !watch.isLooking { await Task.yield() }
            try Shell(path: fixture.path).run(
                "INSERT INTO upload (source_path, destination) VALUES ('/data/a.tif', 'archive')"
            )
            try await group.waitForAll()
        }
    }
}
