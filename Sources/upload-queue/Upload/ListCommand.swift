public import ArgumentParser
import Foundation
import Uploads

/// `upload-queue list`.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List uploads, oldest first.",
        discussion: """
            On a terminal the table is cut to fit; elsewhere it is whole. NOTE says what an upload waits for, or what \
            stopped it; `upload-queue show ID` tells the whole story.
            """
    )

    @Option(help: ArgumentHelp("Only those of this status; repeatable.", valueName: "status"))
    var status: [Upload.Status] = []

    @Option(help: ArgumentHelp("Only those to this destination.", valueName: "name"), completion: .destinations)
    var destination: String?

    @Option(help: ArgumentHelp("Only those whose last error has this code.", valueName: "code"))
    var error: String?

    @Option(help: ArgumentHelp("Only those of this batch.", valueName: "name"))
    var batch: String?

    @Option(help: ArgumentHelp("Only those with this tag.", valueName: "tag"))
    var tag: String?

    @Option(
        help: ArgumentHelp(
            "Only those that were added or ended since then.",
            discussion: """
                A span back from now, such as 90s, 30m, 2h, 3d or 1w; or a time, such as 2026-11-26 or \
                2026-11-26T14:00 (of this machine's time zone) or 2026-11-26T13:00:00Z.
                """,
            valueName: "time"
        )
    )
    var since: PointInTime?

    @Option(help: ArgumentHelp("At most so many.", valueName: "count"))
    var limit = 1000

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard 1...10_000_000 ~= limit else { throw ValidationError("--limit is 1 to 10000000.") }
    }

    func run() async throws {
        let queue = try await database.open()
        if let destination, try await queue.destination(destination) == nil {
            throw CommandError(.noInput, "there is no destination \(destination); see `upload-queue destination list`")
        }
        let now = Date()
        let filter = UploadQueue.Filter(
            statuses: status,
            destination: destination,
            errorCode: error,
            since: since?.before(now),
            batch: batch,
            tag: tag,
            limit: limit + 1
        )
        let uploads = try await queue.uploads(matching: filter)
        if uploads.count > limit { Output.note("only the first \(limit) are listed; --limit lists more") }
        let shown = uploads.prefix(limit)
        if output.json {
            try Output.json(shown.map { UploadRecord($0) })
        } else if shown.isEmpty {
            Output.note("no such upload")
        } else {
            let paused = try await queue.pausedScopes()
            try Output.write(Self.table(shown, paused, at: now).text(on: output.display))
        }
    }

    private static func table(_ uploads: ArraySlice<Upload>, _ paused: Set<UploadScope>, at now: Date) -> Table {
        var table = Table([
            .right("ID"), "STATUS", "PHASE", .right("%"), .right("SIZE"), .right("AGE"), .text("DESTINATION"),
            .text("NOTE"), .path("FILE"),
        ])
        for upload in uploads {
            table.add([
                .init("\(upload.id)"), .init(upload.status.rawValue, upload.status.style),
                .init(upload.phase.rawValue), .init(upload.percent),
                .init(upload.length.map { "\(ByteCount($0))" } ?? "?"),
                .init(Moment(upload.createdAt)?.age(at: now) ?? ""), .init(upload.destination),
                .init(upload.note(at: now, paused: paused), upload.status == .failed ? .red : nil),
                .init(upload.shownPath),
            ])
        }
        return table
    }
}

extension Upload.Status: ExpressibleByArgument {}
