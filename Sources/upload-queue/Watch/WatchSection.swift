import Uploads

/// A list of the live view.
struct WatchSection {
    enum Kind {
        case active
        case waiting
        case paused
        case failed
    }

    var kind: Kind
    /// How many there are, also those that are not listed.
    var total: Int
    var rows: Range<Int>
    /// The rows' uploads, where they can be selected.
    var ids: [Upload.ID] = []
    /// A row's text, without the mark of the selected one.
    var text: (Int) -> String

    /// Its heading, where these rows are shown.
    func heading(showing shown: Range<Int>) -> String {
        let part = shown.count < max(total, rows.count) ? ", \(shown.lowerBound + 1)-\(shown.upperBound) shown" : ""
        return switch kind {
        case .active: "ACTIVE \(total)\(part)"
        case .waiting: "WAITING FOR"
        case .paused: "PAUSED \(total)\(part)"
        case .failed: "FAILED \(total), newest first\(part)"
        }
    }

    /// The rows to show where there is room for so many; the selected one is among them.
    func window(of room: Int, selected: Int?) -> Range<Int> {
        let start = min(max(0, (selected ?? 0) - room / 2), max(0, rows.count - room))
        return start..<min(rows.count, start + max(0, room))
    }
}
