/// Text in aligned columns.
struct Table {
    /// A column's heading, and how its cells stand in it.
    struct Column: ExpressibleByStringLiteral {
        /// Where a cell that is too long for a terminal is cut.
        enum Cut {
            case never
            case start
            case end
            /// Not cut but broken into lines; for the last column.
            case wrap
        }

        var title: String
        var alignsRight = false
        var cut = Cut.never

        init(stringLiteral title: String) { self.title = title }

        /// A column of numbers.
        static func right(_ title: String) -> Column {
            var column = Column(stringLiteral: title)
            column.alignsRight = true
            return column
        }

        /// A column of paths, of which the end matters most.
        static func path(_ title: String) -> Column {
            var column = Column(stringLiteral: title)
            column.cut = .start
            return column
        }

        /// A last column of sentences, which are not cut.
        static func sentence(_ title: String) -> Column {
            var column = Column(stringLiteral: title)
            column.cut = .wrap
            return column
        }

        /// A column of texts that can be long.
        static func text(_ title: String) -> Column {
            var column = Column(stringLiteral: title)
            column.cut = .end
            return column
        }
    }

    /// A cell's text, and how it stands out.
    struct Cell: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        var text: String
        var style: Style?

        init(stringLiteral text: String) { self.init(text) }

        init(_ text: String, _ style: Style? = nil) {
            self.text = text.visible
            self.style = style
        }
    }

    /// The columns that a cell which is cut keeps.
    private static let least = 10
    private static let gap = "  "

    private let columns: [Column]
    private var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row; it has a cell for each column.
    mutating func add(_ cells: [Cell]) { rows.append(cells) }

    /// Adds a row; it has a text for each column.
    mutating func add(_ texts: [String]) { rows.append(texts.map { Cell($0) }) }

    /// The heading and the rows, each with its line end, made to fit a terminal.
    func text(on display: Display) -> String {
        let heading = columns.map { Cell($0.title, .bold) }
        let widths = widths(heading, within: display.columns)
        return ([heading] + rows).map { line($0, widths, display) + "\n" }.joined()
    }

    private func widths(_ heading: [Cell], within available: Int?) -> [Int] {
        var widths = columns.indices.map { index in ([heading] + rows).map { $0[index].text.columns }.max() ?? 0 }
        guard let available else { return widths }
        var excess = widths.reduce(0, +) + Self.gap.count * (columns.count - 1) - available
        // One column at a time from the widest one, so that all that are cut end alike.
        while excess > 0 {
            let cuttable = columns.indices.filter { columns[$0].cut != .never && widths[$0] > Self.least }
            guard let widest = cuttable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ display: Display) -> String {
        var line = ""
        var used = 0
        for (index, cell) in cells.enumerated() {
            let isLast = index == cells.count - 1
            let text = fitted(cell.text, columns[index].cut, widths[index], from: used, on: display)
            let space = String(repeating: " ", count: max(0, widths[index] - text.columns))
            let styled = display.styled(text, cell.style)
            line += columns[index].alignsRight ? space + styled : isLast ? styled : styled + space
            if !isLast { line += Self.gap }
            used += widths[index] + Self.gap.count
        }
        while line.last == " " { line.removeLast() }
        return line
    }

    private func fitted(_ text: String, _ cut: Column.Cut, _ width: Int, from start: Int, on display: Display) -> String
    {
        switch cut {
        case .never: text
        case .start, .end: text.cut(to: width, keepsEnd: cut == .start, mark: display.mark)
        case .wrap:
            text.wrapped(to: display.columns.map { max(Self.least * 2, $0 - start) }, indent: start)
        }
    }
}
