/// One change that may happen: `-` stands for no row.
struct TransitionLine: Hashable, CustomStringConvertible {
    var event: String
    var from: State
    var to: State
    var who: String

    struct State: Hashable, CustomStringConvertible {
        var status: String
        var phase: String
        var description: String { "\(status)/\(phase)" }

        init(_ status: String, _ phase: String) {
            self.status = status
            self.phase = phase
        }
    }

    var description: String { "\(event): \(from) -> \(to) by \(who)" }

    init(_ event: String, _ from: State, _ to: State, _ who: String) {
        self.event = event
        self.from = from
        self.to = to
        self.who = who
    }
}

/// The contract, written a second time by hand after the design: a change of `transition` alone fails the tests.
enum TransitionContract {
    typealias State = TransitionLine.State

    static let statuses = ["pending", "processing", "paused", "completed", "failed", "cancelled"]
    static let phases = ["mint", "create", "transfer", "finalize", "confirm", "done"]
    /// The phases in which something is left to do.
    static let work = ["mint", "create", "transfer", "finalize", "confirm"]

    static let lines = Set(onward + samePhase + retries + decisions + deadlines)

    private static let deadlines = work.prefix(3).map {
        TransitionLine("deadline passed", State("pending", $0), State("failed", $0), "worker")
    }

    private static let onward = [
        TransitionLine("add", State("-", "-"), State("pending", "mint"), "anyone"),
        TransitionLine("add", State("-", "-"), State("pending", "create"), "anyone"),
        step("minted", "mint", "create"),
        step("minted", "mint", "transfer"),
        step("reminted", "create", "mint"),
        TransitionLine("claim", State("pending", "create"), State("processing", "mint"), "worker"),
        TransitionLine("claim", State("pending", "mint"), State("processing", "create"), "worker"),
        step("created", "create", "transfer"),
        step("transferred", "transfer", "finalize"),
        step("transferred", "transfer", "confirm"),
        step("transferred", "transfer", "done"),
        step("gone", "transfer", "create"),
        step("gone", "transfer", "mint"),
        step("finalized", "finalize", "confirm"),
        step("finalized", "finalize", "done"),
        step("confirmed", "confirm", "done"),
        TransitionLine("finished", State("processing", "done"), State("completed", "done"), "owner"),
    ]

    private static func step(_ event: String, _ from: String, _ to: String) -> TransitionLine {
        TransitionLine(event, State("processing", from), State("processing", to), "owner")
    }

    private static let samePhase = work.flatMap { phase in
        [
            ("claim", "pending", "processing", "worker"),
            ("try later", "processing", "pending", "owner"),
            ("released", "processing", "pending", "owner"),
            ("takeover", "processing", "pending", "worker"),
            ("refused", "processing", "failed", "owner"),
            ("poison", "processing", "failed", "worker"),
            ("park", "processing", "paused", "owner"),
            ("pause", "processing", "paused", "owner"),
            ("deleted", "processing", "cancelled", "owner"),
            ("pause", "pending", "paused", "anyone"),
            ("resume", "paused", "pending", "anyone"),
            ("cancel", "pending", "cancelled", "anyone"),
            ("cancel", "paused", "cancelled", "anyone"),
            ("cancel", "failed", "cancelled", "anyone"),
            ("cancel", "paused", "pending", "anyone"),
            ("cancel", "failed", "pending", "anyone"),
        ].map { event, from, to, who in TransitionLine(event, State(from, phase), State(to, phase), who) }
    }

    private static let decisions = ["transfer", "finalize", "confirm"].map {
        TransitionLine("mark completed", State("failed", $0), State("completed", "done"), "anyone")
    }

    private static let retries =
        [
            ("mint", "mint"),
            ("create", "mint"), ("create", "create"),
            ("transfer", "mint"), ("transfer", "create"), ("transfer", "transfer"),
            ("finalize", "mint"), ("finalize", "create"), ("finalize", "transfer"), ("finalize", "finalize"),
            ("confirm", "mint"), ("confirm", "create"), ("confirm", "transfer"), ("confirm", "finalize"),
            ("confirm", "confirm"),
        ].map { TransitionLine("retry", State("failed", $0), State("pending", $1), "anyone") }
        + work.flatMap { phase in
            ["mint", "create"].map {
                TransitionLine("retry", State("cancelled", phase), State("pending", $0), "anyone")
            }
        }
}
