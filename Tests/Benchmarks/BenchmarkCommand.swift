import ArgumentParser

/// `upload-queue-benchmark`: what the queue costs.
@main
struct BenchmarkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload-queue-benchmark",
        abstract: "Measure upload-queue: against other clients, and with long queues.",
        subcommands: [CompareCommand.self, RowsCommand.self, ServeCommand.self],
        defaultSubcommand: CompareCommand.self
    )
}
