import Foundation
import Synchronization
import Uploads

/// A wall clock that moves only when it is told to, from 2027-01-15 08:00:00 UTC.
final class TestClock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    var now: Date { time.withLock { $0 } }

    func advance(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }

    var surroundings: Surroundings { Surroundings(now: { self.now }, chance: { 0 }, environment: { _ in nil }) }
}
