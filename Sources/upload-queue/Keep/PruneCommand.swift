import ArgumentParser
import Foundation
import Uploads

/// `upload-queue prune`.
struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove finished uploads that are old or too many, with their history.",
        discussion: """
            Without options every completed or cancelled upload goes. It works in short transactions beside running \
            workers; it can be interrupted and given again. The space is used again by what is added later, so that a \
            queue which is pruned regularly does not grow.
            """
    )

    @Option(
        help: ArgumentHelp(
            "Only those that ended before then.",
            discussion: "A span back from now, such as 12h, 30d or 4w; or a time, such as 2026-11-26.",
            valueName: "time"
        )
    )
    var olderThan: PointInTime?

    @Option(help: ArgumentHelp("Keep so many of them, those that ended last.", valueName: "count"))
    var keep: Int?

    @Option(
        help: ArgumentHelp("Those of this status: completed, failed or cancelled; repeatable.", valueName: "status")
    )
    var status: [Upload.Status] = []

    @Option(help: ArgumentHelp("Only those of this batch.", valueName: "name"))
    var batch: String?

    @Option(help: ArgumentHelp("Only those to this destination.", valueName: "name"), completion: .destinations)
    var destination: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard status.allSatisfy(\.isFinished) else {
            throw ValidationError("--status is completed, failed or cancelled; others are not finished.")
        }
        guard keep.map({ $0 >= 0 }) ?? true else { throw ValidationError("--keep is 0 or more.") }
    }

    func run() async throws {
        let queue = try await database.open()
        let retention = UploadQueue.Retention(
            statuses: status.isEmpty ? [.completed, .cancelled] : status,
            finishedBefore: olderThan?.before(Date()),
            keeping: keep,
            batch: batch,
            destination: destination
        )
        let isShown = !output.json && Display.of(2, color: .never).columns != nil
        defer { if isShown { Output.showFooter([], columns: 0) } }
        let pruned = try await queue.prune(retention) { sofar in
            guard isShown else { return }
            Output.showFooter(["\(sofar.uploads) uploads and \(sofar.events) events removed"], columns: 80)
        }
        if isShown { Output.showFooter([], columns: 0) }
        if output.json {
            try Output.json(Record(uploads: pruned.uploads, events: pruned.events))
        } else {
            try Output.line("\(pruned.uploads) uploads and \(pruned.events) events removed")
        }
    }

    private struct Record: Encodable {
        let uploads: Int
        let events: Int
    }
}
