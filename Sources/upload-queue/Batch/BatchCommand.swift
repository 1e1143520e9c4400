import ArgumentParser

/// `upload-queue batch`.
struct BatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch",
        abstract: "Look at batches, and say that one has all its uploads.",
        discussion: """
            A batch is made by the first `add --batch NAME`. `pause`, `resume`, `cancel`, `retry`, `remove` and `list` take \
            --batch too.
            """,
        subcommands: [BatchListCommand.self, BatchShowCommand.self, BatchCloseCommand.self]
    )
}
