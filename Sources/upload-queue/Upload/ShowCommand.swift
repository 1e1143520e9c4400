import ArgumentParser
import Foundation
import Uploads

/// `upload-queue show`.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Tell an upload's story: how it stands, what comes next, what you can do, what happened."
    )

    @Argument(help: "Its id.", completion: .uploads)
    var id: Int64

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let queue = try await database.open()
        guard let (story, history) = try await UploadStory.read(id, in: queue, at: Date()) else {
            throw CommandError(.noInput, "there is no upload \(id); see `upload-queue list`")
        }
        if output.json {
            try Output.json(UploadRecord(story.upload, history: history))
        } else {
            try Output.write(story.text(history: history, on: output.display))
        }
    }
}
