import ArgumentParser
import Uploads

/// `upload-queue destination list`.
struct DestinationListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the destinations.")

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let destinations = try await database.open().destinations()
        if output.json {
            try Output.json(destinations.map(DestinationRecord.init))
            return
        }
        var table = Table([.text("NAME"), "KIND", .text("ENDPOINT")])
        for destination in destinations {
            table.add([destination.name, destination.kind, destination.endpoint ?? "by a grant for each upload"])
        }
        try Output.write(table.text(on: output.display))
    }
}

extension Destination {
    /// The kind of destination, in a word.
    var kind: String { finalize == .wix ? "wix" : "tus" }
}
