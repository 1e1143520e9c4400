import ArgumentParser
import Uploads

/// `upload-queue cancel`.
struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "End uploads.",
        discussion: "Where the server has a part of one, a worker deletes it there first."
    )

    @OptionGroup var uploads: UploadSelection

    func run() async throws {
        try await uploads.each(of: [.pending, .processing, .paused, .failed]) { queue, id in try await queue.cancel(id)
        }
    }
}
