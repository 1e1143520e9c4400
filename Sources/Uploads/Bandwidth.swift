internal import Synchronization
internal import UploadStore

/// Spreads what a processor sends over time, so that all processors together keep the bounds of the queue and of each
/// destination.
///
/// A bound is shared between the processors as the uploads in their hands are.
final class Bandwidth: Sendable {
    private struct Share {
        /// Bytes a second; nil: no bound.
        var rate: Double?
        /// Uploads of this processor that share it.
        var uploads = 1
        /// When the next byte may be sent; seconds.
        var free = 0.0
    }

    private struct State {
        var queue = Share()
        var destinations: [String: Share] = [:]
    }

    /// The largest piece of a file that is handed to the network at once.
    static let largestPiece: Int64 = 256 << 10
    /// A piece takes about so long, so that none waits for long, and a bound that changes holds soon; seconds.
    private static let tick = 0.25

    private let state = Mutex(State())

    /// Takes over the bounds that hold now.
    func update(_ limits: LimitsInForce, worker: Int64) {
        let mine = limits.inHand[worker] ?? [:]
        let all = limits.inHand.values
        func share(_ rate: Int64?, _ mine: Int, of all: Int, _ old: Share?) -> Share {
            let part = all == 0 ? 1 : Double(max(1, mine)) / Double(max(all, 1))
            return Share(rate: rate.map { Double($0) * part }, uploads: max(1, mine), free: old?.free ?? 0)
        }
        state.withLock { state in
            state.queue = share(
                limits.queue.bytesPerSecond,
                mine.values.reduce(0, +),
                of: all.reduce(0) { $0 + $1.values.reduce(0, +) },
                state.queue
            )
            let old = state.destinations
            state.destinations = [:]
            for (name, bound) in limits.destinations where bound.bytesPerSecond != nil {
                state.destinations[name] = share(
                    bound.bytesPerSecond,
                    mine[name, default: 0],
                    of: all.reduce(0) { $0 + $1[name, default: 0] },
                    old[name]
                )
            }
        }
    }

    /// Bytes of the next piece for a destination, 1 or more.
    func piece(for destination: String) -> Int64 {
        state.withLock { state in
            let shares = [state.queue, state.destinations[destination]]
            let most = shares.compactMap { share in share?.rate.map { $0 * Self.tick / Double(share?.uploads ?? 1) } }
            return max(1, min(Self.largestPiece, Int64(most.min() ?? Double(Self.largestPiece))))
        }
    }

    /// Takes room for bytes.
    ///
    /// - Parameters:
    ///   - bytes: How many are about to be sent.
    ///   - destination: Where to.
    ///   - now: The time in seconds of a clock that never goes back.
    /// - Returns: Seconds to wait before they are sent.
    func wait(for bytes: Int64, to destination: String, at now: Double) -> Double {
        func take(_ share: inout Share) -> Double {
            guard let rate = share.rate else { return 0 }
            let start = max(now, share.free)
            share.free = start + Double(bytes) / rate
            return start - now
        }
        return state.withLock { state in
            let wait = take(&state.queue)
            guard var share = state.destinations[destination] else { return wait }
            defer { state.destinations[destination] = share }
            return max(wait, take(&share))
        }
    }
}
