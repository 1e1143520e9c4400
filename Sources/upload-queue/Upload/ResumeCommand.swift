import ArgumentParser
import Uploads

/// `upload-queue resume`.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let paused uploads go on, whoever paused them.",
        discussion: "They go on from the bytes that the server has."
    )

    @OptionGroup var uploads: UploadIDs

    func run() async throws {
        try await uploads.each { queue, id in try await queue.resume(id) }
    }
}
