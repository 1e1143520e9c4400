@testable import upload_queue

/// What a person sees of the bytes that were written to a terminal (the part of ECMA-48 that the command uses).
struct TerminalScreen {
    private var rows: [[Character]] = [[]]
    private var row = 0
    private var column = 0
    private let columns: Int
    private var breaksLines = true
    /// The screen that is not shown.
    private var other: (rows: [[Character]], row: Int, column: Int) = ([[]], 0, 0)

    /// Whether a program has the screen for itself.
    private(set) var isAlternate = false
    private(set) var hasCursor = true

    /// The columns of the widest line that ever stood there.
    private(set) var widest = 0

    init(_ text: String, columns: Int) {
        self.columns = columns
        var rest = text[...]
        while let character = rest.first {
            if character == "\u{1B}",
                let match = rest.prefixMatch(of: #/\u{1B}\[(\??)([0-9]*)(?:;([0-9]+))?([A-Za-z])/#)
            {
                rest = rest[match.range.upperBound...]
                let number = Int(match.2) ?? 0
                if match.1.isEmpty {
                    obey(match.4, number, match.3.flatMap { Int($0) } ?? 1)
                } else {
                    set(number, match.4 == "h")
                }
            } else {
                rest = rest.dropFirst()
                put(character)
            }
        }
    }

    /// The lines that are shown, without trailing spaces and empty lines at the end.
    var lines: [String] {
        var lines = rows.map { row in
            var text = String(row)
            while text.last == " " { text.removeLast() }
            return text
        }
        while lines.last == "" { lines.removeLast() }
        return lines
    }

    private mutating func put(_ character: Character) {
        switch character {
        case "\r": column = 0
        // A terminal's line discipline makes "\r\n" of a line end, which Swift sees as one character.
        case "\n", "\r\n": breakLine()
        default:
            if column == columns { breakLine() }
            while rows[row].count <= column { rows[row].append(" ") }
            rows[row][column] = character
            column += 1
            // Where lines are not broken, the cursor stays on the last character.
            if !breaksLines { column = min(column, columns - 1) }
            widest = max(widest, String(rows[row]).columns)
        }
    }

    private mutating func breakLine() {
        column = 0
        row += 1
        if row == rows.count { rows.append([]) }
    }

    private mutating func set(_ mode: Int, _ isOn: Bool) {
        switch mode {
        case 7: breaksLines = isOn
        case 25: hasCursor = isOn
        case 1049 where isOn != isAlternate:
            // The cursor is kept with the screen, as xterm does.
            (rows, row, column, other) = (other.rows, other.row, other.column, (rows, row, column))
            isAlternate = isOn
        default: break
        }
    }

    private mutating func obey(_ command: Substring, _ number: Int, _ second: Int) {
        switch command {
        case "A": row = max(0, row - max(1, number))
        case "H":
            (row, column) = (max(1, number) - 1, second - 1)
            while rows.count <= row { rows.append([]) }
        case "J" where number == 2: rows = rows.map { _ in [] }
        case "K": rows[row].removeSubrange(min(column, rows[row].count)...)
        case "J":
            rows[row].removeSubrange(min(column, rows[row].count)...)
            rows.removeSubrange((row + 1)...)
        default: break
        }
    }
}
