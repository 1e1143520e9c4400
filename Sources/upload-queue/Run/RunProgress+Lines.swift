import Foundation
import UploadStore
import Uploads

extension RunProgress {
    /// Lines below the bars of the uploads in hand, and what is kept free for results.
    private static let reserved = 8
    /// Bars of uploads in hand at most.
    private static let mostBars = 16

    /// The lines for a terminal, none wider than it.
    func lines(at now: Date, on display: Display) -> [String] {
        let room = max(1, min(Self.mostBars, display.lines - Self.reserved))
        var lines = active.prefix(room).map { $0.line(on: display) }
        if active.count > room { lines.append(cut("\(active.count - room) more in hand", on: display)) }
        lines.append(total(on: display))
        lines += waits(at: now, on: display)
        return lines
    }

    private func total(on display: Display) -> String {
        let counts = "\(ended.completed) of \(uploads) uploads"
        let parts = [counts, Self.bytes(bytesThere, of: bytes)] + rate.parts(left: bytes - bytesThere)
        return Bar(done: bytesThere, of: bytes, isDone: ended.completed == uploads && uploads > 0)
            .line(title: "all", parts: parts, name: "", on: display)
    }

    private func waits(at now: Date, on display: Display) -> [String] {
        var lines: [String] = []
        for group in waiting where group.reason != .worker {
            let wait = QueueRecord.Waiting(group)
            lines.append("\(group.uploads) \(group.uploads == 1 ? "waits" : "wait") for \(wait.meaning(at: now))")
        }
        var told = lines.prefix(4).map { display.styled(cut($0, on: display), .yellow) }
        if ended.failed > 0 {
            let failures = "\(ended.failed) failed: `upload-queue status` tells why"
            told.append(display.styled(cut(failures, on: display), .red))
        }
        return told
    }

    private func cut(_ text: String, on display: Display) -> String {
        ("      " + text.visible).cut(to: display.columns ?? 80, mark: display.mark)
    }

    /// Bytes of bytes, in a column of its own.
    static func bytes(_ there: Int64, of all: Int64) -> String {
        "\(ByteCount(there)) of \(ByteCount(all))".padded(to: 22, right: true)
    }

    /// A rate and the time that is left, each in a column of its own; nothing where there is no rate.
    static func pace(_ perSecond: Double?, secondsLeft: Double?) -> [String] {
        guard let perSecond else { return [] }
        let time = secondsLeft.map { "\(clock($0)) left" } ?? ""
        return ["\(ByteCount(Int64(perSecond)))/s".padded(to: 12, right: true), time.padded(to: 9, right: true)]
    }

    /// Such as `0:07`, `12:40` or `3:05:00`; from 100 hours on only a word.
    static func clock(_ seconds: Double) -> String {
        guard seconds < 360_000 else { return "days" }
        let whole = Int(seconds.rounded(.up))
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        let end = (rest < 10 ? "0" : "") + "\(rest)"
        guard hours > 0 else { return "\(minutes):\(end)" }
        return "\(hours):\(minutes < 10 ? "0" : "")\(minutes):\(end)"
    }
}

extension RunProgress.Active {
    /// The upload's line.
    func line(on display: Display) -> String {
        let name = transfer.sourcePath.split(separator: "/").last.map(String.init) ?? transfer.sourcePath
        let length = transfer.length ?? 0
        let there = min(length, transfer.offset + transfer.sent)
        let bar = Bar(done: there, of: length, isDone: transfer.phase > .transfer)
        guard transfer.phase == .transfer else {
            return bar.line(title: "\(transfer.id)", parts: [transfer.phase.doing], name: name.visible, on: display)
        }
        let bytes = RunProgress.bytes(there, of: length)
        // Sent is not there: only the answer tells.
        let waits = there == length && transfer.sent > 0
        let parts = [bytes] + (waits ? ["waits for the answer"] : rate.parts(left: length - there))
        return bar.line(title: "\(transfer.id)", parts: parts, name: name.visible, on: display)
    }
}

extension TransferRate {
    /// The rate and the time that is left, each in a column of its own.
    fileprivate func parts(left: Int64) -> [String] {
        RunProgress.pace(perSecond, secondsLeft: secondsLeft(for: left))
    }
}

extension Upload.Phase {
    /// What a worker does in the phase.
    var doing: String {
        switch self {
        case .mint: "asking for a grant"
        case .create: "creating"
        case .transfer: "sending"
        case .finalize: "finalizing"
        case .confirm: "confirming"
        case .done: "done"
        }
    }

    static func > (one: Self, other: Self) -> Bool {
        guard let left = allCases.firstIndex(of: one), let right = allCases.firstIndex(of: other) else { return false }
        return left > right
    }
}
