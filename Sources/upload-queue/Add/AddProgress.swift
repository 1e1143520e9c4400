import Synchronization
import Uploads

/// How far a search for files is, below everything else on a terminal.
final class AddProgress: Sendable {
    private struct State {
        var new = 0
        var old = 0
        var rejected = 0
        var shown = ContinuousClock.now
    }

    private static let interval = Duration.milliseconds(200)

    private let isShown: Bool
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    init(isShown: Bool) { self.isShown = isShown }

    /// Files that could not be added.
    var rejected: Int { state.withLock(\.rejected) }

    /// Such as `1200 added, 3 were there, 1 left out`.
    var summary: String {
        let state = state.withLock(\.self)
        var parts = ["\(state.new) added"]
        if state.old > 0 { parts.append("\(state.old) were there already") }
        if state.rejected > 0 { parts.append("\(state.rejected) left out") }
        return parts.joined(separator: ", ")
    }

    func added(_ added: [UploadQueue.Added]) {
        let isDue = state.withLock { state in
            let new = added.count(where: \.isNew)
            state.new += new
            state.old += added.count - new
            guard ContinuousClock.now - state.shown > Self.interval else { return false }
            state.shown = .now
            return true
        }
        guard isShown, isDue else { return }
        let rate = Double(state.withLock { $0.new + $0.old }) / max(0.001, (ContinuousClock.now - start) / .seconds(1))
        let display = Display.of(2, color: .never)
        let columns = display.columns ?? 80
        Output.showFooter(
            ["\(summary), \(Int(rate)) files/s".cut(to: columns - 1, mark: display.mark)],
            columns: columns
        )
    }

    func reject() { state.withLock { $0.rejected += 1 } }

    /// Takes the line away.
    func end() { if isShown { Output.showFooter([], columns: 0) } }
}
