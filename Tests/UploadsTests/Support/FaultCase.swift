import DevelopmentServer
import Testing

/// How an upload stands when its queue was drained.
enum Ending: Sendable, Hashable {
    case completed
    case failed(String)
    case paused(String)
    case cancelled(note: String?)
}

/// One fault at one step, and how an upload ends that meets it.
struct FaultCase: Sendable, CustomTestStringConvertible {
    var effect: Fault.Effect
    var ending: Ending
    /// Bytes that the server had and lost.
    var lost: Int64 = 0

    init(_ effect: Fault.Effect, _ ending: Ending, lost: Int64 = 0) {
        self.effect = effect
        self.ending = ending
        self.lost = lost
    }

    var testDescription: String { "\(Fault(.init(), effect)) -> \(ending)" }

    /// A case for each status.
    static func statuses(_ table: [(Ending, [Int])]) -> [FaultCase] {
        table.flatMap { ending, statuses in statuses.map { FaultCase(.status($0), ending) } }
    }
}
