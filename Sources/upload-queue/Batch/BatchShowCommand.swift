import ArgumentParser
import Foundation
import Uploads

/// `upload-queue batch show`.
struct BatchShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show how a batch stands.")

    @Argument(help: "Its name.")
    var name: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let queue = try await database.open()
        guard let batch = try await queue.batch(name) else {
            throw CommandError(.noInput, "there is no batch \(name); see `upload-queue batch list`")
        }
        let record = BatchRecord(batch)
        if output.json { return try Output.json(record) }
        let now = Date()
        func time(_ text: String?) -> String? {
            Moment(text).map { "\($0.local) (\($0.relative(to: now)))" }
        }
        var facts = Facts()
        facts.add("batch", name)
        facts.add("state", Self.meaning(record.state))
        for status in Upload.Status.allCases where batch.count(status) > 0 {
            facts.add(status.rawValue, "\(batch.count(status))", status.style)
        }
        facts.add("at servers", "\(ByteCount(record.bytesThere)) of \(ByteCount(record.bytes)) (\(record.percent) %)")
        facts.add("made", time(batch.createdAt))
        facts.add("finished", time(batch.finishedAt))
        try Output.write(facts.text(on: output.display))
    }

    private static func meaning(_ state: String) -> String {
        switch state {
        case "open": "open: uploads may be added; `upload-queue batch close` says that it has all"
        case "closed": "closed: it is finished when its last upload is"
        case "paused": "paused; `upload-queue resume --batch` lets it go on"
        default: state
        }
    }
}
