/// Lines at the bottom of a terminal that are drawn again and again (ECMA-48 control sequences).
struct Footer {
    /// Erases from the cursor to the end of the screen.
    static let eraseBelow = "\u{1B}[J"

    var lines: [String]
    /// The columns of the terminal when the lines were drawn.
    var columns: Int

    /// The lines from the cursor on; it stays at the end of the last one.
    var text: String {
        // Without wrapping, a line of characters that the terminal shows wider than expected takes no second row.
        "\u{1B}[?7l" + lines.joined(separator: "\u{1B}[K\n") + "\u{1B}[K" + Self.eraseBelow + "\u{1B}[?7h"
    }

    /// Moves the cursor from the end of the lines to their start.
    ///
    /// - Parameter columns: The columns of the terminal now; one that became narrower has wrapped the lines.
    /// - Returns: The control sequence.
    func goToStart(columns: Int) -> String {
        var rows = lines.count
        if columns < self.columns, columns > 0 {
            rows = lines.reduce(0) { $0 + max(1, ($1.withoutStyles.columns + columns - 1) / columns) }
        }
        return rows > 1 ? "\r\u{1B}[\(rows - 1)A" : "\r"
    }
}
