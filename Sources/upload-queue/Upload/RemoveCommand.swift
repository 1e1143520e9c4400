import ArgumentParser
import Uploads

/// `upload-queue remove`.
struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove finished uploads from the queue, with their history.",
        discussion: """
            Completed, failed and cancelled ones; cancel others first. What is at the server stays there, and so does the \
            file. History that a consumer has not read yet stays until it has. `prune` removes by age and count.
            """
    )

    @OptionGroup var uploads: UploadSelection

    func run() async throws {
        try await uploads.each(of: [.completed, .failed, .cancelled]) { queue, id in try await queue.remove([id]) }
    }
}
