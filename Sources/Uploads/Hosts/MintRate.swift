internal import Synchronization

/// Spreads the mints of a destination over time: hosts fail the requests of an app that asks too often.
///
/// All uploads of one processor share it (the generic cell rate algorithm, with a small burst).
final class MintRate: Sendable {
    /// Mints that may come at once.
    private static let burst = 10.0
    /// Seconds: also where the clock jumped, no wait is longer.
    private static let longestWait = 60.0

    /// When the next mint of a destination is due, where they are evenly spread; seconds.
    private let due = Mutex<[String: Double]>([:])

    /// Takes the next place.
    ///
    /// - Parameters:
    ///   - destination: The destination's name.
    ///   - perMinute: The most mints a minute.
    ///   - now: The time, in seconds.
    /// - Returns: Seconds to wait before the mint.
    func wait(_ destination: String, perMinute: Int64, at now: Double) -> Double {
        let interval = 60 / Double(max(perMinute, 1))
        return due.withLock { due in
            let next = max(min(due[destination] ?? now, now + Self.longestWait), now) + interval
            due[destination] = next
            return max(0, min(next - now - Self.burst * interval, Self.longestWait))
        }
    }
}
