extension String {
    /// The text without the sequences that set colours.
    var withoutStyles: String {
        // By scalars: a combining character would hide the end of a sequence.
        replacing(#/\u{1B}\[[0-9;]*m/#.matchingSemantics(.unicodeScalar), with: "")
    }

    /// The text cut to a width, with the sequences that set colours kept.
    func clipped(to width: Int) -> String {
        // No character takes more columns than it has bytes.
        guard utf8.count > width, withoutStyles.columns > width else { return self }
        var clipped = ""
        var room = width
        for (index, part) in unicodeScalars.split(separator: "\u{1B}", omittingEmptySubsequences: false).enumerated() {
            var text = part
            if index > 0, let end = part.firstIndex(of: "m") {
                clipped += "\u{1B}" + String(part[...end])
                text = part[part.index(after: end)...]
            }
            let kept = String(text).cut(to: room, mark: "")
            clipped += kept
            room = kept.columns < String(text).columns ? 0 : room - kept.columns
        }
        return clipped
    }
}
