public import ArgumentParser
public import Uploads

/// `upload-queue retry`.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Take failed or cancelled uploads up again.",
        discussion: """
            A failed one goes on where it failed. One whose file changed, and a cancelled one, start over. With --batch, \
            --destination, --tag, --error or --all only failed ones are meant.
            """
    )

    @Option(
        help: ArgumentHelp(
            "Where a failed one starts: failure (in the phase that failed) or start (as a new upload).",
            discussion: """
                Where the outcome of the last request is unknown, look at the destination first: from failure that request \
                is sent again, from start the whole file, of which there may then be two.
                """,
            valueName: "failure|start"
        )
    )
    var from = RetryStart.failure

    @OptionGroup var uploads: UploadSelection

    func run() async throws {
        try await uploads.each(of: [.failed]) { [from] queue, id in try await queue.retry(id, from: from) }
    }
}

extension RetryStart: ExpressibleByArgument {}
