import ArgumentParser
import Uploads

/// `upload-queue limit`.
struct LimitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit",
        abstract: "Show or change what all workers together may do at once.",
        discussion: """
            Of the whole queue, or of one --destination. Running workers follow within a second. Each worker is also bound \
            by its own `run --concurrency`. Without a limit to change it shows those that hold.
            """
    )

    @Option(
        help: ArgumentHelp(
            "Uploads in hand at the same time, 1 or more; none takes the limit away.",
            valueName: "count|none"
        ),
        transform: Change.count
    )
    var concurrency: Change<Int>?

    @Option(
        help: ArgumentHelp(
            "Bytes sent a second, such as 512KiB or 10MiB; at least 1KiB; none takes the limit away.",
            valueName: "bytes|none"
        ),
        transform: Change.bytes
    )
    var rate: Change<Int64>?

    @Option(help: ArgumentHelp("Of this destination.", valueName: "name"), completion: .destinations)
    var destination: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let queue = try await database.open()
        if let destination, try await queue.destination(destination) == nil {
            throw CommandError(.noInput, "there is no destination \(destination); see `upload-queue destination list`")
        }
        var limits = try await queue.limits(destination: destination)
        if concurrency != nil || rate != nil {
            if let concurrency { limits.concurrency = concurrency.value }
            if let rate { limits.bytesPerSecond = rate.value }
            try await queue.limit(limits, destination: destination)
        }
        if output.json {
            return try Output.json(Record(destination, limits))
        }
        var facts = Facts()
        facts.add("limits of", destination ?? "the queue")
        facts.add("uploads in hand", limits.concurrency.map(String.init) ?? "none")
        facts.add("bytes a second", limits.bytesPerSecond.map { "\(ByteCount($0))" } ?? "none")
        try Output.write(facts.text(on: output.display))
    }

    private struct Record: Encodable {
        @OrNull var destination: String?
        @OrNull var concurrency: Int?
        @OrNull var bytesPerSecond: Int64?

        init(_ destination: String?, _ limits: UploadQueue.Limits) {
            self.destination = destination
            concurrency = limits.concurrency
            bytesPerSecond = limits.bytesPerSecond
        }
    }
}

/// A limit to set, or to take away.
struct Change<Value: Sendable>: Sendable {
    /// Nil takes the limit away.
    var value: Value?
}

extension Change<Int> {
    static func count(_ text: String) throws -> Change {
        if text == "none" { return Change() }
        guard let count = Int(text), count > 0 else { throw ValidationError("'\(text)' is no number of 1 or more.") }
        return Change(value: count)
    }
}

extension Change<Int64> {
    static func bytes(_ text: String) throws -> Change {
        if text == "none" { return Change() }
        guard let count = ByteCount(argument: text), count.bytes >= 1024 else {
            throw ValidationError("'\(text)' is no number of bytes of 1KiB or more.")
        }
        return Change(value: count.bytes)
    }
}
