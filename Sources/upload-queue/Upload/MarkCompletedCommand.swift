import ArgumentParser
import Uploads

/// `upload-queue mark-completed`.
struct MarkCompletedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mark-completed",
        abstract: "End failed uploads as completed: you saw that the files are there.",
        discussion: "For uploads whose outcome is unknown. Their grants are erased, and nothing is sent."
    )

    @OptionGroup var uploads: UploadSelection

    func run() async throws {
        try await uploads.each(of: [.failed]) { queue, id in try await queue.markCompleted(id) }
    }
}
