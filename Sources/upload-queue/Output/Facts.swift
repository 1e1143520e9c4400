/// Names and values, one a line.
struct Facts {
    private var lines: [(name: String, value: String)] = []

    /// Adds a fact.
    mutating func add(_ name: String, _ value: String) { lines.append((name, value.visible)) }

    /// Adds a fact where there is one.
    mutating func add(_ name: String, _ value: String?) {
        if let value { lines.append((name, value.visible)) }
    }

    /// The lines, with the values aligned.
    var text: String {
        let width = lines.map(\.name.count).max() ?? 0
        return lines.map { line in
            line.name + String(repeating: " ", count: width - line.name.count + 2) + line.value + "\n"
        }.joined()
    }
}
