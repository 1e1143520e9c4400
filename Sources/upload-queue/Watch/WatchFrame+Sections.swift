import Foundation
import UploadStore
import Uploads

/// The lists between head and foot.
extension WatchFrame {
    /// The mark of the selected row, or the space for it.
    private static let markWidth = 2
    /// Below so many columns a failure is shown without its age.
    private static let columnsForAges = 60
    /// The columns of an error's code or a reason at most.
    private static let mostCode = 28

    /// What is told where no list has a row.
    var idle: String {
        state.look.counts.isEmpty ? "the queue is empty; `upload-queue add` adds to it" : "nothing is left to do"
    }

    /// The lists that have rows, from top to bottom.
    var sections: [WatchSection] { [active, waiting, paused, failed].filter { !$0.rows.isEmpty } }

    /// Which section gets room first: that of the selected row, what is worked on, what went wrong, what waits.
    func order(of sections: [WatchSection]) -> [Int] {
        func rank(_ section: WatchSection) -> Int {
            if let selected = state.selected, section.ids.contains(selected) { return 0 }
            return switch section.kind {
            case .active: 1
            case .failed: 2
            case .waiting: 3
            case .paused: 4
            }
        }
        return sections.indices.sorted { rank(sections[$0]) < rank(sections[$1]) }
    }

    /// A section's heading and as many of its rows as there is height for.
    func lines(of section: WatchSection, height: Int) -> [String] {
        let selected = isLive ? state.selected.flatMap { section.ids.firstIndex(of: $0) } : nil
        let shown = section.window(of: height - 1, selected: selected)
        let rows = shown.map { row in
            (row == selected ? display.styled("> ", .bold) : "  ") + section.text(row)
        }
        return [display.styled(cut(section.heading(showing: shown)), .bold)] + rows
    }

    private var idWidth: Int { max(6, state.look.ids.max().map { "\($0)".count } ?? 0) }

    private var active: WatchSection {
        let uploads = state.look.active
        return WatchSection(
            kind: .active,
            total: state.look.count(.processing)?.uploads ?? 0,
            rows: uploads.indices,
            ids: uploads.map(\.id),
            text: { [idWidth] in line(of: uploads[$0], idWidth: idWidth) }
        )
    }

    private func line(of upload: Upload, idWidth: Int) -> String {
        let length = upload.length ?? 0
        let isSent = upload.phase > .transfer
        let bar = Bar(done: upload.offset, of: length, isDone: isSent, titleWidth: idWidth)
        var parts = [upload.note(at: now)].filter { !$0.isEmpty }
        if upload.status == .pending {
            if parts.isEmpty { parts = ["waits for a worker"] }
            parts.append(RunProgress.bytes(upload.offset, of: length))
        } else if upload.phase == .transfer {
            let rate = state.rates.rate(of: upload.id)
            parts.append(RunProgress.bytes(upload.offset, of: length))
            parts += RunProgress.pace(
                rate.perSecond(at: time),
                secondsLeft: rate.secondsLeft(for: length - upload.offset, at: time)
            )
        } else {
            parts.append(upload.phase.doing)
        }
        var display = display
        display.columns = columns - Self.markWidth
        return bar.line(title: "\(upload.id)", parts: parts, name: Self.name(of: upload), on: display)
    }

    private var waiting: WatchSection {
        let groups = state.look.waiting.map(QueueRecord.Waiting.init)
        return WatchSection(
            kind: .waiting,
            total: groups.count,
            rows: groups.indices,
            text: { [idWidth] in
                let count = "\(groups[$0].uploads)".padded(to: idWidth, right: true)
                let used = Self.markWidth + count.columns + 2
                return "\(count)  \(cut(groups[$0].meaning(at: now), after: used))"
            }
        )
    }

    private var paused: WatchSection {
        let uploads = state.look.paused
        let reasons = uploads.map { upload in
            upload.pauseReason == nil ? "by a person" : upload.failure?.code ?? upload.pauseReason ?? ""
        }
        let width = Self.width(of: reasons)
        return WatchSection(
            kind: .paused,
            total: state.look.count(.paused)?.uploads ?? 0,
            rows: uploads.indices,
            ids: uploads.map(\.id),
            text: { [idWidth] in
                let id = "\(uploads[$0].id)".padded(to: idWidth, right: true)
                let percent = "\(uploads[$0].percent) %".padded(to: 7, right: true)
                let reason = reasons[$0].visible.cut(to: width, mark: display.mark).padded(to: width)
                let used = Self.markWidth + id.columns + percent.columns + width + 6
                let name = Self.name(of: uploads[$0]).cut(to: columns - used, keepsEnd: true, mark: display.mark)
                return "\(id)  \(percent)  \(display.styled(reason, .yellow))  \(name)"
            }
        )
    }

    private var failed: WatchSection {
        let failures = state.look.failures
        let width = Self.width(of: failures.map(\.code))
        return WatchSection(
            kind: .failed,
            total: state.look.count(.failed)?.uploads ?? 0,
            rows: failures.indices,
            ids: failures.map(\.id),
            text: { [idWidth] in
                let failure = failures[$0]
                var start = "\(failure.id)".padded(to: idWidth, right: true) + "  "
                if columns >= Self.columnsForAges {
                    let age = Moment(failure.at)?.age(at: now) ?? "?"
                    start += "\(age) ago".padded(to: 11, right: true) + "  "
                }
                let code = failure.code.visible.cut(to: width, mark: display.mark).padded(to: width)
                let used = Self.markWidth + start.columns + width + 2
                return start + display.styled(code, .red) + "  " + cut(failure.message, after: used)
            }
        )
    }

    private static func name(of upload: Upload) -> String {
        (upload.shownPath.split(separator: "/").last.map(String.init) ?? upload.shownPath).visible
    }

    private static func width(of texts: [String]) -> Int {
        min(mostCode, texts.map(\.visible.columns).max() ?? 0)
    }
}
