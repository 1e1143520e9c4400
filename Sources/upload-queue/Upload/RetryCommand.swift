import ArgumentParser
import Uploads

/// `upload-queue retry`.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Take failed or cancelled uploads up again.",
        discussion: "A failed one goes on where it failed. One whose file changed, and a cancelled one, start over."
    )

    @OptionGroup var uploads: UploadIDs

    func run() async throws {
        try await uploads.each { queue, id in try await queue.retry(id) }
    }
}
