/// A bar that fills, with what it means beside it.
struct Bar {
    private static let gap = "  "
    /// The columns that a name keeps before parts are left out for it.
    private static let leastName = 14

    var done: Int64
    var of: Int64
    /// Whether it is full although there are no bytes to tell it from.
    var isDone = false
    /// The columns of the title.
    var titleWidth = 6

    private var part: Double {
        if isDone { return 1 }
        return of > 0 ? min(1, max(0, Double(done) / Double(of))) : 0
    }

    /// A line that fits the display: title, bar, percent, as many of the parts as there is room for, name.
    func line(title: String, parts: [String], name: String, on display: Display) -> String {
        let columns = display.columns ?? 80
        var line = title.cut(to: titleWidth, mark: display.mark).padded(to: titleWidth, right: true)
        let barWidth = min(30, max(6, (columns - 60) / 2))
        var used = titleWidth + Self.gap.count + barWidth + 6
        line += Self.gap + text(width: barWidth, on: display) + "\(Int(part * 100)) %".padded(to: 6, right: true)
        for part in parts where used + Self.gap.count + part.columns + (name.isEmpty ? 0 : Self.leastName) <= columns {
            line += Self.gap + part
            used += Self.gap.count + part.columns
        }
        let room = columns - used - Self.gap.count
        if !name.isEmpty, room > 1 { line += Self.gap + name.cut(to: room, keepsEnd: true, mark: display.mark) }
        return line
    }

    private func text(width: Int, on display: Display) -> String {
        let filled = Int((part * Double(width)).rounded(.down))
        let (full, empty) = display.hasUnicode ? ("━", "─") : ("#", "-")
        let head = String(repeating: full, count: filled)
        let rest = String(repeating: empty, count: width - filled)
        return display.styled(head, isDone ? .green : .cyan) + display.styled(rest, .dim)
    }
}
