/// How fast something moves, over the last seconds.
package struct TransferRate: Sendable {
    /// Seconds that are looked back.
    private static let window = 8.0

    package init() {}

    private var samples: [(time: Double, position: Int64)] = []

    /// Notes a position at a time in seconds, not earlier than the one before.
    package mutating func add(_ position: Int64, at time: Double) {
        samples.append((time, position))
        let old = samples.dropLast().lastIndex { $0.time <= time - Self.window } ?? 0
        samples.removeFirst(old)
    }

    /// Bytes a second; nil before there is a second to tell from.
    package var perSecond: Double? {
        guard let first = samples.first, let last = samples.last, last.time - first.time >= 1 else { return nil }
        return max(0, Double(last.position - first.position)) / (last.time - first.time)
    }

    /// Seconds that so many more bytes take; nil where that cannot be told.
    package func secondsLeft(for bytes: Int64) -> Double? {
        guard let perSecond, perSecond > 0 else { return nil }
        return Double(max(0, bytes)) / perSecond
    }
}
