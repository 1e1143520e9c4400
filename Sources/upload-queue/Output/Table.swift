/// Text in aligned columns.
struct Table {
    /// A column's heading, and the side that its cells stand on.
    struct Column: ExpressibleByStringLiteral {
        var title: String
        var alignsRight = false

        init(stringLiteral title: String) { self.title = title }

        /// A column of numbers.
        static func right(_ title: String) -> Column {
            var column = Column(stringLiteral: title)
            column.alignsRight = true
            return column
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row; it has a cell for each column.
    mutating func add(_ cells: [String]) { rows.append(cells.map(\.visible)) }

    /// The heading and the rows, each with its line end.
    var text: String {
        let all = [columns.map(\.title)] + rows
        let widths = columns.indices.map { index in all.map { $0[index].count }.max() ?? 0 }
        return all.map { line($0, widths) + "\n" }.joined()
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = columns.indices.map { index in
            let space = String(repeating: " ", count: max(0, widths[index] - cells[index].count))
            return columns[index].alignsRight ? space + cells[index] : cells[index] + space
        }
        var line = padded.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }
}
