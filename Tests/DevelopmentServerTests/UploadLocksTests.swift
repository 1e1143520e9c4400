import Testing

@testable import DevelopmentServer

@Suite struct UploadLocksTests {
    @Test func refusesTheSecondAndLetsTheNextIn() async throws {
        let locks = UploadLocks()
        try await locks.withLock("a", waitingUpTo: .seconds(600)) {
            await #expect(throws: UploadLocks.Busy.self) {
                try await locks.withLock("a", waitingUpTo: .milliseconds(1)) {}
            }
            let other = try await locks.withLock("b", waitingUpTo: .milliseconds(1)) { "in" }
            #expect(other == "in")
        }
        let again = try await locks.withLock("a", waitingUpTo: .milliseconds(1)) { "in" }
        #expect(again == "in")
    }

    @Test func aCancelledRequestStopsWaiting() async throws {
        let locks = UploadLocks()
        try await locks.withLock("a", waitingUpTo: .seconds(600)) {
            let waiting = Task { try await locks.withLock("a", waitingUpTo: .seconds(600)) {} }
            waiting.cancel()
            await #expect(throws: UploadLocks.Busy.self) { try await waiting.value }
        }
    }

    @Test func oneAtATime() async throws {
        let locks = UploadLocks()
        let inside = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await locks.withLock("a", waitingUpTo: .seconds(600)) {
                        #expect(await inside.enter() == 1)
                        await Task.yield()
                        await inside.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await inside.entered == 50)
    }

    private actor Counter {
        private var inside = 0
        private(set) var entered = 0

        func enter() -> Int {
            inside += 1
            entered += 1
            return inside
        }

        func leave() {
            inside -= 1
        }
    }
}
