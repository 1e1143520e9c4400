import ArgumentParser
import Uploads

/// `upload-queue destination remove`.
struct DestinationRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a destination that no upload uses."
    )

    @Argument(help: "Its name.", completion: .destinations)
    var name: String

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try await database.open().removeDestination(name)
    }
}
