import ArgumentParser
import Uploads

/// `upload-queue batch close`.
struct BatchCloseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close",
        abstract: "Say that a batch has all its uploads: once all are finished, it is.",
        discussion: """
            Nothing can be added to it any more. That it finished is recorded once, with its counts, and told by `events`; \
            also where its last upload finishes in another process.
            """
    )

    @Argument(help: "Its name.")
    var name: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let queue = try await database.open()
        try await queue.close(batch: name)
        guard let batch = try await queue.batch(name) else { return }
        let record = BatchRecord(batch)
        if output.json { return try Output.json(record) }
        try Output.line("\(name.visible)  \(record.state), \(record.unfinished) of \(record.uploads) unfinished")
    }
}
