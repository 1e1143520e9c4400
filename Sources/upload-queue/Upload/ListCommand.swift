public import ArgumentParser
import Uploads

/// `upload-queue list`.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List uploads, oldest first.")

    @Option(help: ArgumentHelp("Only those of this status; repeatable.", valueName: "status"))
    var status: [Upload.Status] = []

    @Option(help: ArgumentHelp("Only those to this destination.", valueName: "name"))
    var to: String?

    @Option(help: ArgumentHelp("At most so many.", valueName: "count"))
    var limit = 1000

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard 1...10_000_000 ~= limit else { throw ValidationError("--limit is 1 to 10000000.") }
    }

    func run() async throws {
        let queue = try await database.open()
        let filter = UploadQueue.Filter(statuses: status, destination: to, limit: limit + 1)
        let uploads = try await queue.uploads(matching: filter)
        if uploads.count > limit { Output.note("only the first \(limit) are listed; --limit lists more") }
        let shown = uploads.prefix(limit)
        if output.json {
            try Output.json(shown.map { UploadRecord($0) })
            return
        }
        var table = Table([.right("ID"), "STATUS", "PHASE", .right("%"), .right("SIZE"), "DESTINATION", "NOTE", "FILE"])
        for upload in shown {
            table.add([
                "\(upload.id)", upload.status.rawValue, upload.phase.rawValue, upload.percent,
                upload.length.map { "\(ByteCount($0))" } ?? "?", upload.destination, upload.note, upload.sourcePath,
            ])
        }
        try Output.write(table.text)
    }
}

extension Upload.Status: ExpressibleByArgument {}
