/// How many bytes each `PATCH` carries.
///
/// Without `exact`, what is left is sent in one request when that is at most `tail` * 8 (and `maximum`). Otherwise a
/// request that would reach the end stops about `tail` bytes short of it, so that a large file ends in a small
/// request of its own and the time in which its completion can be in doubt is short. That request is a multiple of
/// 256 KiB where it can be (some servers take nothing else but at the end), so the last one has `tail` bytes and up
/// to 256 KiB more.
package struct RequestRule: Sendable, Equatable {
    /// What requests are aligned to, and the smallest that `smaller(than:)` goes to: 256 KiB.
    package static let alignment: Int64 = 256 * 1_024

    /// The most bytes in one request; 64 MiB unless set, at least 1.
    package let maximum: Int64
    /// The bytes kept for the last request; 1 MiB unless set, 0 keeps none.
    package let tail: Int64
    /// The bytes of every request but the last, where the user said so.
    package let exact: Int64?

    /// A rule; values that make no sense are moved to the nearest that does.
    package init(maximum: Int64 = 64 << 20, tail: Int64 = 1 << 20, exact: Int64? = nil) {
        self.maximum = max(maximum, 1)
        self.tail = min(max(tail, 0), 1 << 40)
        self.exact = exact.map { max($0, 1) }
    }

    /// The bytes of the next request.
    ///
    /// - Parameters:
    ///   - offset: what the server has, less than `length`.
    ///   - length: what the file has.
    /// - Returns: at least one byte, from `offset`.
    package func range(from offset: Int64, length: Int64) -> Range<Int64> {
        let remaining = length - offset
        return offset..<(offset + count(remaining: remaining))
    }

    private func count(remaining: Int64) -> Int64 {
        if let exact { return min(exact, remaining) }
        if remaining <= min(tail * 8, maximum) { return remaining }
        let beforeTail = remaining - min(tail, maximum, remaining - 1)
        let aligned = beforeTail - beforeTail % Self.alignment
        return min(maximum, aligned > 0 ? aligned : beforeTail)
    }

    /// A rule whose requests are at most half of one that was too large.
    ///
    /// - Parameter sent: the bytes of the refused request.
    /// - Returns: a multiple of 256 KiB, at least 256 KiB; nil when `sent` was no more than that.
    package func smaller(than sent: Int64) -> RequestRule? {
        guard sent > Self.alignment else { return nil }
        let half = max(sent / 2 / Self.alignment, 1) * Self.alignment
        return RequestRule(maximum: min(half, maximum), tail: tail, exact: exact.map { _ in half })
    }
}
