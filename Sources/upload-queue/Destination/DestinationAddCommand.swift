import ArgumentParser
import Uploads

/// `upload-queue destination add`.
struct DestinationAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Save a destination, or change the one of that name.",
        discussion: "Uploads that were not created at the server yet go where the destination points from then on."
    )

    @Argument(help: "The name, as `add --to` uses it.")
    var name: String

    @Option(help: ArgumentHelp("The URL at which a tus 1.0 server creates uploads.", valueName: "url"))
    var tus: String?

    @Flag(help: "Wix Media Manager, with a grant for each upload (`add --grant`).")
    var wix = false

    @Option(
        help: ArgumentHelp(
            "A header of every request; repeatable.",
            discussion: """
                With env:NAME as its value it is taken from that environment variable of the worker and stored \
                nowhere. Headers that carry credentials must be given so.
                """,
            valueName: "name: value"
        )
    )
    var header: [String] = []

    @Option(
        help: ArgumentHelp("tus metadata of every upload; repeatable.", valueName: "key=value"),
        transform: NamedValue.metadata
    )
    var metadata: [NamedValue] = []

    @Option(
        help: ArgumentHelp(
            "Bytes of each request but the last, such as 8MiB; by default 64 MiB and a small last one.",
            valueName: "bytes"
        )
    )
    var chunkSize: ByteCount?

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard (tus != nil) != wix else { throw ValidationError("Give either --tus URL or --wix.") }
        // Not by the parser, which would repeat a wrong one, and it may hold a secret.
        _ = try header.map(NamedValue.header)
        guard !wix || (header.isEmpty && metadata.isEmpty && chunkSize == nil) else {
            throw ValidationError("--wix takes none of --header, --metadata and --chunk-size.")
        }
    }

    func run() async throws {
        let destination = try destination()
        // Before a queue is made for it.
        try destination.check()
        try await database.open(.create).save(destination)
    }

    private func destination() throws -> Destination {
        guard let tus else { return .wix(name) }
        return .tus(
            name,
            endpoint: tus,
            headers: try header.map(NamedValue.header).dictionary(ignoringCase: true),
            metadata: try metadata.dictionary(),
            chunkSize: chunkSize?.bytes
        )
    }
}
