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

    /// Long for a server that answers, however busy this machine is.
    var stallTimeout: Duration {
        if case .stall = effect { .seconds(10) } else { .seconds(600) }
    }

    var testDescription: String { "\(Fault(.init(), effect)) -> \(ending)" }

    /// The statuses of design.md §7 that every step is tried with.
    static let statuses: Set<Int> = [
        400, 401, 402, 403, 404, 408, 409, 410, 412, 413, 415, 423, 425, 428, 429, 500, 501, 502, 503, 504, 507,
    ]

    /// A case for each status.
    static func statuses(_ table: [(Ending, [Int])]) -> [FaultCase] {
        table.flatMap { ending, statuses in statuses.map { FaultCase(.status($0), ending) } }
    }

    /// The statuses that a list of cases has.
    static func statuses(of cases: [FaultCase]) -> [Int] {
        cases.compactMap { if case .status(let status, nil, [:]) = $0.effect { status } else { nil } }
    }
}
