import Foundation
import Uploads

/// One picture of the live view, as lines for a display.
struct WatchFrame {
    /// Below that only one line is shown.
    private static let least = (columns: 24, lines: 5)
    /// Columns where there is no terminal.
    private static let plainColumns = 120

    let state: WatchState
    let now: Date
    /// Seconds on the clock that the state was told.
    let time: Double
    /// Where it is shown, with one column less: a terminal that erases the rest of a full line erases its last character.
    let display: Display
    /// Whether it is for a person at a terminal, who has keys; else it is as long as it needs to be.
    let isLive: Bool

    init(_ state: WatchState, now: Date, time: Double, on display: Display, isLive: Bool = true) {
        self.state = state
        self.now = now
        self.time = time
        self.isLive = isLive
        var display = display
        display.columns = max(1, (display.columns ?? Self.plainColumns + 1) - 1)
        self.display = display
    }

    var columns: Int { display.columns ?? Self.plainColumns }

    /// The lines, none wider than the display; of a live view exactly as many as it has.
    var lines: [String] {
        guard isLive else { return (head + body(within: .max)).map { $0.clipped(to: columns) } }
        guard columns >= Self.least.columns - 1, display.lines >= Self.least.lines else {
            return [cut("too small")] + blank(display.lines - 1)
        }
        let (head, foot) = (head, foot)
        let room = display.lines - head.count - foot.count
        let body = body(within: room).prefix(room)
        return (head + body + blank(room - body.count) + foot).map { $0.clipped(to: columns) }
    }

    /// The first line of the story when it is scrolled to its end.
    var lastLine: Int { max(0, storyLines.count - (display.lines - head.count - foot.count)) }

    /// A text that ends with the line, and cannot steer the terminal.
    func cut(_ text: String, after used: Int = 0) -> String {
        text.visible.cut(to: max(0, columns - used), mark: display.mark)
    }

    private func body(within room: Int) -> [String] {
        switch state.view {
        case .help: return helpLines
        case .story(_, let line):
            let lines = storyLines
            return Array(lines.dropFirst(min(line, max(0, lines.count - room))))
        case .queue: break
        }
        let sections = sections
        let wishes = sections.map { $0.rows.count + 1 }
        // Where all have room they stand apart.
        let gap = wishes.reduce(0, +) <= room - wishes.count ? 1 : 0
        let heights = Self.heights(wishes, order: order(of: sections), room: room - gap * sections.count)
        let lines = zip(sections, heights).flatMap { section, height in
            height > 0 ? blank(gap) + self.lines(of: section, height: height) : []
        }
        return lines.isEmpty ? ["", display.styled(cut(idle), .dim)] : lines
    }

    private func blank(_ count: Int) -> [String] { Array(repeating: "", count: max(0, count)) }

    /// Shares lines out: first each gets a heading and a row, then up to three rows, then the first in order all it wants.
    ///
    /// - Parameters:
    ///   - wishes: The lines that each wants, its heading among them.
    ///   - order: Who comes first.
    ///   - room: The lines that there are.
    /// - Returns: The lines that each gets; 0 where there is no room for a row.
    static func heights(_ wishes: [Int], order: [Int], room: Int) -> [Int] {
        var heights = wishes.map { _ in 0 }
        var room = room
        for most in [2, 4, Int.max] {
            for index in order where most == 2 ? room >= 2 : heights[index] > 0 {
                let more = min(room, min(wishes[index], most) - heights[index])
                heights[index] += more
                room -= more
            }
        }
        return heights
    }
}
