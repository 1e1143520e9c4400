extension String {
    /// The columns that the text takes in a terminal.
    var columns: Int { reduce(0) { $0 + $1.columns } }

    /// The text with spaces up to a width, before or behind.
    func padded(to width: Int, right: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - columns))
        return right ? space + self : self + space
    }

    /// The text in lines of a width at most, broken at spaces.
    ///
    /// - Parameters:
    ///   - width: Columns of a line; nil: one line.
    ///   - indent: Columns that stand before every line but the first.
    ///   - breaksWords: Whether a word that is longer than a line is broken too; else it stays whole.
    /// - Returns: The lines as one text.
    func wrapped(to width: Int?, indent: Int, breaksWords: Bool = false) -> String {
        guard let width, columns > width, width > 0 else { return self }
        var lines: [String] = []
        let words = split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        for word in breaksWords ? words.flatMap({ $0.pieces(of: width) }) : words {
            if let last = lines.last, last.columns + 1 + word.columns <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(word)
            }
        }
        return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
    }

    private func pieces(of width: Int) -> [String] {
        var pieces = [""]
        var used = 0
        for character in self {
            if used + character.columns > width, used > 0 {
                pieces.append("")
                used = 0
            }
            pieces[pieces.count - 1].append(character)
            used += character.columns
        }
        return pieces
    }

    /// The text cut to a width; what was left out is marked.
    ///
    /// - Parameters:
    ///   - width: Columns at most.
    ///   - keepsEnd: Whether the end is kept, as is best for a path.
    ///   - mark: What stands for what was left out.
    /// - Returns: The text, or a part of it with the mark.
    func cut(to width: Int, keepsEnd: Bool = false, mark: String) -> String {
        guard columns > width else { return self }
        let room = width - mark.columns
        guard room > 0 else { return String(mark.prefix(max(0, width))) }
        var used = 0
        var kept: [Character] = []
        for character in keepsEnd ? Array(reversed()) : Array(self) {
            used += character.columns
            if used > room { break }
            kept.append(character)
        }
        return keepsEnd ? mark + String(kept.reversed()) : String(kept) + mark
    }
}

extension Character {
    /// The columns that the character takes: 0, 1 or 2.
    var columns: Int {
        if let byte = asciiValue { return byte < 0x20 || byte == 0x7F ? 0 : 1 }
        let scalars = unicodeScalars
        // Flags, and symbols that are asked to show as pictures.
        let isPicture = scalars.contains { $0 == "\u{FE0F}" || 0x1F1E6...0x1F1FF ~= $0.value }
        if scalars.count > 1, isPicture { return 2 }
        return scalars.map(\.columns).max() ?? 0
    }
}

extension Unicode.Scalar {
    /// Wide by the standard (Unicode Standard Annex 11: East Asian Wide and Fullwidth), in blocks.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
        0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18AFF, 0x1AFF0...0x1B2FF,
        0x1F200...0x1F2FF, 0x20000...0x3FFFD,
    ]

    /// The C library tells this only in some locales, and Swift does not see its function on Linux.
    fileprivate var columns: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .control, .format: 0
        default: properties.isEmojiPresentation || Self.wide.contains { $0.contains(value) } ? 2 : 1
        }
    }
}
