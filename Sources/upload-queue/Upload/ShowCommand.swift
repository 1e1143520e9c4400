import ArgumentParser
import Foundation
import Uploads

/// `upload-queue show`.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Tell an upload's story: how it stands, what comes next, what you can do, what happened."
    )

    /// Events that are told at the most: the first and the last ones.
    private static let told = (first: 5, last: 50)

    @Argument(help: "Its id.", completion: .uploads)
    var id: Int64

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let queue = try await database.open()
        guard let upload = try await queue.upload(id) else {
            throw CommandError(.noInput, "there is no upload \(id); see `upload-queue list`")
        }
        let history = try await history(in: queue)
        if output.json {
            try Output.json(UploadRecord(upload, history: history))
            return
        }
        let hasWorkers = try await !queue.runningWorkers().isEmpty
        let destination = try await queue.destination(upload.destination)
        let needsGrant = destination?.endpoint == nil && destination?.configuration == nil
        let story = UploadStory(upload: upload, now: Date(), hasWorkers: hasWorkers, needsGrant: needsGrant)
        let display = output.display
        try Output.write(
            [
                Self.text(of: story, on: display), Self.facts(upload, at: story.now).text(on: display),
                Self.text(of: history, on: display),
            ].joined(separator: "\n")
        )
    }

    private func history(in queue: UploadQueue) async throws -> [UploadEvent] {
        var history: [UploadEvent] = []
        while true {
            let page = try await queue.events(after: history.last?.id ?? 0, of: id)
            if page.isEmpty { return history }
            history += page
        }
    }

    private static func text(of story: UploadStory, on display: Display) -> String {
        let upload = story.upload
        var facts = Facts()
        facts.add("upload \(upload.id)", upload.status.rawValue, upload.status.style)
        facts.add("now", story.standing)
        facts.add("next", story.next)
        for (index, choice) in story.choices.enumerated() { facts.add(index == 0 ? "you can" : "", choice) }
        return facts.text(on: display)
    }

    private static func facts(_ upload: Upload, at now: Date) -> Facts {
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
        facts.add("not before", time(upload.notBefore, now))
        facts.add("deadline", time(upload.deadline, now))
        facts.add("afterwards", upload.afterCompletion.map { $0 == "move" ? "the file is moved" : "the file is deleted" })
        // What is complete or cancelled does not expire any more.
        if upload.status != .completed, upload.status != .cancelled {
            facts.add("expires", time(upload.expiresAt, now))
        }
        facts.add("added", time(upload.createdAt, now))
        facts.add("ended", time(upload.finishedAt, now))
        for (name, value) in upload.captured.sorted(by: { $0.key < $1.key }) { facts.add("host's \(name)", value) }
        facts.add("host's answer", upload.response)
        return facts
    }

    private static func time(_ text: String?, _ now: Date) -> String? {
        Moment(text).map { "\($0.local) (\($0.relative(to: now)))" }
    }

    private static func text(of history: [UploadEvent], on display: Display) -> String {
        let left = history.count - told.first - told.last
        let events = left > 0 ? history.prefix(told.first) + history.suffix(told.last) : history[...]
        var facts = Facts()
        for (index, event) in events.enumerated() {
            if left > 0, index == told.first { facts.add("", "\(left) more; `--json` has them all", .dim) }
            facts.add(Moment(event.at)?.local ?? event.at, event.meaning, Upload.Status(rawValue: event.status)?.style)
        }
        return facts.text(on: display)
    }
}
