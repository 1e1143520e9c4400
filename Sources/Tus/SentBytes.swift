/// The bytes that a server can have of an upload which was created a moment ago, under the same claim.
///
/// A server may answer a creation with the URL of an upload that it had before, as where it makes the URL of the file's
/// name. What that holds beyond the bytes sent here is of another file, or of an older one of that name.
struct SentBytes: Sendable {
    /// Where those end that the server may have taken.
    private(set) var end: Int64 = 0
    /// Where those end that it says it did not take; all of them may be there all the same.
    private var refused: Int64?

    /// Notes what came of a `PATCH`; without a status, it got no answer.
    mutating func note(_ range: Range<Int64>, status: Int?) {
        switch status {
        case .some(300...399): break
        // By the protocol nothing was taken. A proxy that sends a request twice is told so of the second one.
        case 409, 423: refused = range.upperBound
        default: end = max(end, range.upperBound)
        }
    }

    /// Whether the server's offset is one that came of these bytes.
    mutating func explain(_ offset: Int64) -> Bool {
        if offset == refused { end = max(end, offset) }
        return offset <= end
    }
}
