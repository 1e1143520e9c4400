import Uploads

/// The head and the foot.
extension WatchFrame {
    private static let labelWidth = 9
    /// Below so many columns an upload count stands without its bytes.
    private static let columnsForBytes = 60
    /// From so many lines on, a message has a line beside the keys.
    private static let linesForMessages = 12

    /// The queue as a whole, in a third of the lines at most.
    var head: [String] {
        let budget = isLive ? max(1, display.lines / 3 - 1) : .max
        let depth = Array(depthLines.prefix(max(1, budget - 2)))
        var head = [title]
        if budget > depth.count { head.append(workers) }
        if isLive, budget > depth.count + 1 { head.append(speed) }
        return head + depth
    }

    /// What was asked or told, and the keys.
    var foot: [String] {
        var foot: [String] = []
        let told = state.message ?? state.trouble.map { .init(text: $0, isError: true) }
        let message = told.map { display.styled(cut($0.text), $0.isError ? .red : .bold) }
        if display.lines >= Self.linesForMessages {
            foot = [message ?? "", keys]
        } else {
            foot = [message ?? keys]
        }
        if let id = state.question {
            foot[foot.count - 1] = display.styled(
                cut("cancel upload \(id)? y cancels it, any other key does not"),
                .yellow
            )
        }
        return foot
    }

    private var title: String {
        let clock = Moment(now).timeOfDay
        let room = columns - "queue ".count - 2 - clock.count
        let path = state.look.database.visible.cut(to: max(0, room), keepsEnd: true, mark: display.mark)
        return display.styled("queue ", .bold) + path.padded(to: room) + "  " + clock
    }

    private var workers: String {
        let workers = state.look.workers
        guard !workers.isEmpty else {
            return labelled("workers", display.styled("none; `upload-queue run` starts one", .yellow))
        }
        let each = workers.map { "pid \($0.pid) with \($0.uploads)\($0.isHung ? " (hangs)" : "")" }
            .joined(separator: ", ")
        return labelled("workers", cut("\(workers.count): \(each)", after: Self.labelWidth))
    }

    private var speed: String {
        var parts: [String] = []
        let bytes = state.rates.bytes
        if let perSecond = bytes.perSecond(at: time) { parts.append("\(ByteCount(Int64(perSecond)))/s") }
        if let perSecond = state.rates.uploads.perSecond(at: time) {
            let perMinute = perSecond * 60
            parts.append("\(perMinute < 10 ? "\((perMinute * 10).rounded() / 10)" : "\(Int(perMinute))") uploads/min")
        }
        let open = [Upload.Status.pending, .processing].compactMap(state.look.count)
        let rest = open.reduce(0) { $0 + $1.bytes - $1.bytesThere }
        if rest > 0, let left = bytes.secondsLeft(for: rest, at: time) {
            parts.append("\(RunProgress.clock(left)) left")
        }
        return labelled(
            "speed",
            cut(parts.isEmpty ? "nothing moved yet" : parts.joined(separator: "  "), after: Self.labelWidth)
        )
    }

    /// How many uploads have each status, as many on a line as fit.
    private var depthLines: [String] {
        let room = columns - Self.labelWidth
        var lines: [(used: Int, text: String)] = []
        for status in Upload.Status.allCases {
            guard let count = state.look.count(status), count.uploads > 0 else { continue }
            let name = "\(count.uploads) \(status.rawValue)"
            let bytes = columns < Self.columnsForBytes ? "" : " " + Self.bytes(of: count)
            let text = display.styled(name, status.style) + bytes
            let width = name.columns + bytes.columns
            if let last = lines.last, last.used + 2 + width <= room {
                lines[lines.count - 1] = (last.used + 2 + width, last.text + "  " + text)
            } else {
                lines.append((width, text))
            }
        }
        if lines.isEmpty { lines = [(0, "none")] }
        return lines.enumerated().map { labelled($0.offset == 0 ? "uploads" : "", $0.element.text) }
    }

    private static func bytes(of count: UploadQueue.StatusCount) -> String {
        let all = "\(ByteCount(count.bytes))"
        return 1..<max(1, count.bytes) ~= count.bytesThere ? "\(ByteCount(count.bytesThere)) of \(all)" : all
    }

    private func labelled(_ name: String, _ text: String) -> String {
        display.styled(name.padded(to: Self.labelWidth), .bold) + text
    }

    private var keys: String {
        let arrows = display.hasUnicode ? "↑↓" : "up/down"
        let items =
            switch state.view {
            case .queue:
                [
                    "q quit", "? help", "\(arrows) select", "p pause/resume", "r retry", "c cancel", "Enter story",
                ]
            case .story: ["q quit", "Enter back", "\(arrows) scroll", "p pause/resume", "r retry", "c cancel"]
            case .help: ["q quit", "any other key goes back"]
            }
        var line = ""
        for item in items where line.columns + item.columns + 2 <= columns {
            line += (line.isEmpty ? "" : "  ") + item
        }
        return display.styled(line, .dim)
    }
}
