internal import Synchronization

/// Whom a worker served when, so that destinations and batches take turns.
///
/// It lives in memory only: a worker that starts anew starts a new round.
package final class Turns: Sendable {
    private struct State {
        var count = 0
        var destinations: [String: Int] = [:]
        var lanes: [Lane.Key: Int] = [:]
        var position: Lane.Key?
    }

    /// The most lanes that are remembered; beyond, everyone's turn comes anew.
    private static let most = 10_000

    private let state = Mutex(State())

    package init() {}

    /// The lane where the last look ended, where not all of them were looked at.
    var position: Lane.Key? {
        get { state.withLock(\.position) }
        set { state.withLock { $0.position = newValue } }
    }

    /// The lane whose turn it is: of the highest priority, whose destination, and then which itself, waits longest.
    func next(of lanes: [Lane]) -> Int? {
        state.withLock { state in
            func order(_ lane: Lane) -> (Int, Int, Int, Int64) {
                (-lane.priority, state.destinations[lane.key.destination] ?? 0, state.lanes[lane.key] ?? 0, lane.id)
            }
            return lanes.indices.min { order(lanes[$0]) < order(lanes[$1]) }
        }
    }

    func served(_ lane: Lane.Key) {
        state.withLock { state in
            if state.lanes.count >= Self.most {
                state.lanes = [:]
                state.destinations = [:]
            }
            state.count += 1
            state.destinations[lane.destination] = state.count
            state.lanes[lane] = state.count
        }
    }
}
