import ArgumentParser
import Uploads

/// `upload-queue destination show`.
struct DestinationShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a destination.")

    @Argument(help: "Its name.", completion: .destinations)
    var name: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        guard let destination = try await database.open().destination(name) else {
            throw CommandError(.noInput, "there is no destination \(name); see `upload-queue destination list`")
        }
        if output.json {
            try Output.json(DestinationRecord(destination))
            return
        }
        var facts = Facts()
        facts.add("name", destination.name)
        facts.add("kind", destination.kind)
        facts.add("endpoint", destination.whereUploadsGo)
        for (name, value) in destination.headers.sorted(by: { $0.key < $1.key }) {
            facts.add("header", "\(name): \(value)")
        }
        for (key, value) in destination.metadata.sorted(by: { $0.key < $1.key }) {
            facts.add("metadata", "\(key)=\(value)")
        }
        facts.add("chunk size", destination.chunkSize.map { "\($0) bytes (\(ByteCount($0)))" } ?? "up to the queue")
        facts.add("uploads in hand", destination.limits.concurrency.map { "at most \($0)" })
        facts.add("rate", destination.limits.bytesPerSecond.map { "at most \(ByteCount($0))/s" })
        facts.add("tries", destination.maximumAttempts.map { "at most \($0) without progress" })
        facts.add("back-off", destination.longestDelay.map { "at most \($0) s" })
        if destination.isPaused { facts.add("paused", "`upload-queue resume --destination` lets it go on", .yellow) }
        if let configuration = destination.configuration { facts.add("configuration", configuration.json) }
        try Output.write(facts.text(on: output.display))
    }
}
