/// How fast something moves that is known only from answers, which may be seconds apart.
///
/// The offset of another process's upload stands still until a request of up to 64 MiB is answered, and then jumps.
/// So the rate is told from answer to answer, and falls when one is late.
struct AnswerRate {
    /// Seconds that are looked back, where answers are not further apart.
    private let window: Double
    /// Whether the first position is one that began when it was noted, so that the time from it counts.
    private let startsNow: Bool
    private var last: Int64?
    private var changes: [(time: Double, position: Int64)] = []

    init(window: Double = 10, startsNow: Bool = false) {
        self.window = window
        self.startsNow = startsNow
    }

    /// Notes a position at a time in seconds, not earlier than the one before.
    mutating func add(_ position: Int64, at time: Double) {
        guard position != last else { return }
        // One that goes back starts over.
        if let last, position < last { changes = [] }
        let counts = last != nil || startsNow
        last = position
        guard counts else { return }
        changes.append((time, position))
        let old = changes.dropLast().lastIndex { $0.time <= time - window } ?? 0
        changes.removeFirst(old)
    }

    /// How much a second; nil before there is enough to tell it from.
    func perSecond(at now: Double) -> Double? {
        guard changes.count > 1, let first = changes.first, let last = changes.last else { return nil }
        let span = last.time - first.time
        let gap = span / Double(changes.count - 1)
        let late = max(0, now - last.time - gap)
        guard span + late >= 1 else { return nil }
        // What did not move for so long stands.
        if late > window + 2 * gap { return 0 }
        return Double(last.position - first.position) / (span + late)
    }

    /// Seconds that so much more takes; nil where that cannot be told.
    func secondsLeft(for rest: Int64, at now: Double) -> Double? {
        guard let perSecond = perSecond(at: now), perSecond > 0 else { return nil }
        return Double(max(0, rest)) / perSecond
    }
}
