internal import Synchronization

/// How a claim ended, for those who watch: its span, and the metrics.
final class ClaimEnd: Sendable {
    private struct State {
        var status: Upload.Status?
        var code: String?
    }

    private let state = Mutex(State())

    /// The status that was recorded last; nil where none was: the claim was lost, or the database failed.
    var status: Upload.Status? { state.withLock(\.status) }

    /// The code of what went wrong; never its message, which can name a file.
    var code: String? { state.withLock(\.code) }

    /// Notes what was made durable.
    func note(_ status: Upload.Status?, code: String? = nil) {
        state.withLock { $0 = State(status: status, code: code) }
    }
}
