import ArgumentParser
import Foundation
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

    @Flag(
        help: ArgumentHelp(
            "Wix Media Manager.",
            discussion: """
                With --site-id (or --account-id) and --api-key the queue gets a grant for each upload by itself; without \
                them each upload brings one (`add --grant`).
                """
        )
    )
    var wix = false

    @Option(help: ArgumentHelp("A JSON configuration of version 1; see Your Own Destination.", valueName: "file"))
    var file: String?

    @OptionGroup(title: "Wix") var wixOptions: WixDestinationOptions

    @OptionGroup(title: "Another host") var presetOptions: PresetDestinationOptions

    @Flag(help: "With --wix or --preset: an upload completes only when the host says that its file can be used.")
    var waitUntilReady = false

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
        transform: NamedValue.pair
    )
    var metadata: [NamedValue] = []

    @Option(
        help: ArgumentHelp(
            "Bytes of each request but the last, such as 8MiB; by default 64 MiB and a small last one.",
            valueName: "bytes"
        )
    )
    var chunkSize: ByteCount?

    @OptionGroup(title: "Limits and retries") var terms: DestinationTerms

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard [tus != nil, wix, file != nil, presetOptions.preset != nil].filter(\.self).count == 1 else {
            throw ValidationError("Give one of --tus URL, --wix, --preset NAME and --file FILE.")
        }
        guard wix || !wixOptions.areGiven else {
            throw ValidationError("--site-id, --api-key and the like are for --wix.")
        }
        guard !waitUntilReady || presetOptions.preset != nil || wixOptions.areGiven else {
            throw ValidationError("--wait-until-ready is for --wix with --api-key, and for --preset.")
        }
        // Not by the parser, which would repeat a wrong one, and it may hold a secret.
        _ = try header.map(NamedValue.header)
        guard tus != nil || (header.isEmpty && metadata.isEmpty && chunkSize == nil) else {
            throw ValidationError("--header, --metadata and --chunk-size are for --tus.")
        }
    }

    func run() async throws {
        var destination = try destination()
        terms.apply(to: &destination)
        // Before a queue is made for it.
        try destination.check()
        try await database.open(.create).save(destination)
    }

    private func destination() throws -> Destination {
        if let file { return try Self.configured(name, by: file) }
        if let preset = try presetOptions.destination(name, waitsUntilReady: waitUntilReady) { return preset }
        guard let tus else { return try wixOptions.destination(name, waitsUntilReady: waitUntilReady) }
        return .tus(
            name,
            endpoint: tus,
            headers: try header.map(NamedValue.header).dictionary(ignoringCase: true),
            metadata: try metadata.dictionary(),
            chunkSize: chunkSize?.bytes
        )
    }

    private static func configured(_ name: String, by file: String) throws -> Destination {
        let text: String
        do {
            text = try String(contentsOfFile: file, encoding: .utf8)
        } catch {
            throw CommandError(.noInput, "the configuration cannot be read from \(file): \(error.localizedDescription)")
        }
        do {
            return try .configured(name, by: DestinationConfiguration(json: text))
        } catch let error as UploadQueueError {
            throw CommandError(.usage, "\(file): \(error.message)")
        }
    }
}
