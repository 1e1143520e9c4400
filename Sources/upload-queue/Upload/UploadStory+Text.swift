import Foundation
import Uploads

extension UploadStory {
    /// Events that are told at the most: the first and the last ones.
    private static let told = (first: 5, last: 50)

    /// The story with its facts and its history, for people.
    ///
    /// - Parameters:
    ///   - history: What happened to the upload, oldest first.
    ///   - display: Where it is shown.
    ///   - breaksWords: Whether a word that is longer than a line is broken too.
    /// - Returns: The lines, each with its line end.
    func text(history: [UploadEvent], on display: Display, breaksWords: Bool = false) -> String {
        [outline, facts, Self.facts(of: history)].map { $0.text(on: display, breaksWords: breaksWords) }
            .joined(separator: "\n")
    }

    private var outline: Facts {
        var facts = Facts()
        facts.add("upload \(upload.id)", upload.status.rawValue, upload.status.style)
        facts.add("now", standing)
        facts.add("next", next)
        for (index, choice) in choices.enumerated() { facts.add(index == 0 ? "you can" : "", choice) }
        return facts
    }

    private var facts: Facts {
        var facts = Facts()
        facts.add("file", upload.sourcePath)
        facts.add("size", upload.length.map { $0 < 1024 ? "\($0) bytes" : "\(ByteCount($0)) (\($0) bytes)" })
        facts.add("copy of", upload.isCopied ? upload.originalPath ?? "data without a file" : nil)
        facts.add("destination", upload.destination)
        facts.add("batch", upload.batch)
        facts.add("tags", upload.tags.isEmpty ? nil : upload.tags.joined(separator: ", "))
        facts.add("priority", upload.priority == 0 ? nil : "\(upload.priority)")
        facts.add("sent as", upload.filename)
        facts.add("content type", upload.contentType)
        facts.add("phase", upload.phase.rawValue)
        facts.add("at the server", upload.progress)
        facts.add("URL", upload.uploadURL)
        facts.add("not before", time(upload.notBefore))
        facts.add("deadline", time(upload.deadline))
        facts.add(
            "afterwards",
            upload.afterCompletion.map { $0 == "move" ? "the file is moved" : "the file is deleted" }
        )
        // What is complete or cancelled does not expire any more.
        if upload.status != .completed, upload.status != .cancelled { facts.add("expires", time(upload.expiresAt)) }
        facts.add("added", time(upload.createdAt))
        facts.add("ended", time(upload.finishedAt))
        for (name, value) in upload.captured.sorted(by: { $0.key < $1.key }) { facts.add("host's \(name)", value) }
        facts.add("host's answer", upload.response)
        return facts
    }

    private func time(_ text: String?) -> String? {
        Moment(text).map { "\($0.local) (\($0.relative(to: now)))" }
    }

    private static func facts(of history: [UploadEvent]) -> Facts {
        let left = history.count - told.first - told.last
        let events = left > 0 ? history.prefix(told.first) + history.suffix(told.last) : history[...]
        var facts = Facts()
        for (index, event) in events.enumerated() {
            if left > 0, index == told.first { facts.add("", "\(left) more; `--json` has them all", .dim) }
            facts.add(Moment(event.at)?.local ?? event.at, event.meaning, Upload.Status(rawValue: event.status)?.style)
        }
        return facts
    }
}
