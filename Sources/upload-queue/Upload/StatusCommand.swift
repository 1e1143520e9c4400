import ArgumentParser
import Foundation
import UploadStore
import Uploads

/// `upload-queue status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the queue is doing: uploads by status, workers, what waits for what, what fails and why."
    )

    /// The most kinds of errors that are shown.
    private static let mostErrors = 20

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let queue = try await database.open()
        let now = Date()
        let record = QueueRecord(
            database: queue.path,
            isPaused: try await queue.isPaused(.queue),
            limits: try await queue.limits(),
            counts: try await queue.summary(),
            workers: try await queue.runningWorkers(),
            waiting: try await queue.waiting(at: now),
            errors: try await queue.errorCounts(limit: Self.mostErrors)
        )
        if output.json {
            try Output.json(record)
        } else {
            try Output.write(record.text(at: now, on: output.display))
        }
    }
}
