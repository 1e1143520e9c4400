/// Names and values, one a line.
struct Facts {
    private static let gap = "  "

    private var lines: [(name: String, value: Table.Cell)] = []

    /// Adds a fact.
    mutating func add(_ name: String, _ value: String, _ style: Style? = nil) {
        lines.append((name, .init(value, style)))
    }

    /// Adds a fact where there is one.
    mutating func add(_ name: String, _ value: String?) {
        if let value { add(name, value, nil) }
    }

    /// The lines, with the values aligned.
    ///
    /// - Parameters:
    ///   - display: Where they are shown.
    ///   - breaksWords: Whether a word that is longer than a line is broken too.
    /// - Returns: The lines, each with its line end.
    func text(on display: Display, breaksWords: Bool = false) -> String {
        let width = lines.map(\.name.columns).max() ?? 0
        return lines.map { line in
            let name = display.styled(line.name.padded(to: width), .bold)
            let room = display.columns.map { $0 - width - Self.gap.count }
            let indent = width + Self.gap.count
            let value = line.value.text.wrapped(to: room, indent: indent, breaksWords: breaksWords)
            return "\(name)\(Self.gap)\(display.styled(value, line.value.style))\n"
        }.joined()
    }
}
