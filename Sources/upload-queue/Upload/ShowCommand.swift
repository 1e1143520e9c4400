import ArgumentParser
import Uploads

/// `upload-queue show`.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show an upload with its history."
    )

    @Argument(help: "Its id.")
    var id: Int64

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let queue = try await database.open()
        guard let upload = try await queue.upload(id) else {
            throw CommandError(.failed, "there is no upload \(id); see `upload-queue list`")
        }
        let history = try await history(in: queue)
        if output.json {
            try Output.json(UploadRecord(upload, history: history))
        } else {
            try Output.write(Self.facts(upload).text + "\n" + Self.table(history).text)
        }
    }

    private func history(in queue: UploadQueue) async throws -> [UploadEvent] {
        var history: [UploadEvent] = []
        while true {
            let page = try await queue.events(after: history.last?.id ?? 0, of: id)
            if page.isEmpty { return history }
            history += page
        }
    }

    private static func facts(_ upload: Upload) -> Facts {
        var facts = Facts()
        facts.add("upload", "\(upload.id)")
        facts.add("status", upload.meaning)
        facts.add("phase", upload.phase.rawValue)
        facts.add("file", upload.sourcePath)
        facts.add("size", upload.length.map { "\($0) bytes (\(ByteCount($0)))" })
        facts.add("destination", upload.destination)
        facts.add("sent as", upload.filename)
        facts.add("content type", upload.contentType)
        facts.add("at the server", upload.progress)
        facts.add("URL", upload.uploadURL)
        facts.add("tries", upload.attempt > 0 ? "\(upload.attempt) without progress" : nil)
        facts.add("not before", upload.notBefore)
        facts.add("next try", upload.status == .pending ? upload.retryAt : nil)
        facts.add("last error", upload.failure.map { "\($0.code): \($0.message)" })
        facts.add("added", upload.createdAt)
        facts.add("ended", upload.finishedAt)
        facts.add("host's answer", upload.response)
        return facts
    }

    private static func table(_ history: [UploadEvent]) -> Table {
        var table = Table(["TIME", "EVENT", "STATUS", "PHASE", .right("BYTES"), .right("WORKER"), "ERROR"])
        for event in history {
            table.add([
                event.at, event.event, event.status, event.phase, "\(event.offset)",
                event.workerID.map(String.init) ?? "", event.failure.map { "\($0.code): \($0.message)" } ?? "",
            ])
        }
        return table
    }
}
