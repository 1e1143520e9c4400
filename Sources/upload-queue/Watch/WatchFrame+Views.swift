/// What stands in the place of the lists while a story or the help is open.
extension WatchFrame {
    private static let help = [
        ("up, k / down, j", "select an upload; Page Up, Page Down, Home (g) and End (G) go further"),
        ("p", "pause the selected upload, or resume it; what a worker holds pauses after the answer in hand"),
        ("r", "retry a failed one where it failed"),
        ("c", "cancel it, after a y"),
        ("Enter, i", "tell its story; again, or Escape, goes back"),
        ("Ctrl-L", "draw the screen anew"),
        ("q, Ctrl-C", "quit; workers go on"),
        ("", ""),
        ("bytes", "what the server is known to have; a request is counted when it was answered"),
        ("speed", "told from answer to answer over the last seconds; time left is for what is pending or active"),
    ]

    var helpLines: [String] {
        var facts = Facts()
        for (name, meaning) in Self.help { facts.add(name, meaning, nil) }
        return lines(of: facts.text(on: display, breaksWords: true))
    }

    var storyLines: [String] {
        guard let (read, history) = state.look.story else { return [display.styled(cut("reading"), .dim)] }
        var story = read
        story.now = now
        return lines(of: story.text(history: history, on: display, breaksWords: true))
    }

    private func lines(of text: String) -> [String] {
        [""] + text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}
