import ArgumentParser
import Uploads

/// `upload-queue pause`.
struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Keep uploads from being worked until they are resumed.",
        discussion: "A worker that holds one records the answer in hand first, and then lets go."
    )

    @OptionGroup var uploads: UploadIDs

    func run() async throws {
        try await uploads.each { queue, id in try await queue.pause(id) }
    }
}
