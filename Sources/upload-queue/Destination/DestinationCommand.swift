import ArgumentParser

/// `upload-queue destination`: where uploads go.
struct DestinationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destination",
        abstract: "Save, look at and remove the places that uploads go to.",
        subcommands: [
            DestinationAddCommand.self, DestinationListCommand.self, DestinationShowCommand.self,
            DestinationRemoveCommand.self, DestinationPresetsCommand.self,
        ]
    )
}
