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
            table.add([destination.name, destination.kind, destination.whereUploadsGo])
        }
        try Output.write(table.text(on: output.display))
    }
}

extension Destination {
    /// The kind of destination, in a word.
    var kind: String {
        if finalize == .wix { return "wix" }
        return configuration == nil ? "tus" : "configured"
    }

    /// Where uploads are created, in words where that is no one URL.
    var whereUploadsGo: String {
        endpoint ?? (configuration == nil ? "by a grant for each upload" : "the queue asks the host for each upload")
    }
}
