import ArgumentParser
import Foundation
import Uploads

/// `upload-queue batch list`.
struct BatchListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List batches by name.")

    @Option(help: ArgumentHelp("At most so many.", valueName: "count"))
    var limit = 1000

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard 1...1_000_000 ~= limit else { throw ValidationError("--limit is 1 to 1000000.") }
    }

    func run() async throws {
        let queue = try await database.open()
        let batches = try await queue.batches(limit: limit)
        if output.json { return try Output.json(batches.map(BatchRecord.init)) }
        guard !batches.isEmpty else { return Output.note("there is no batch") }
        var table = Table([
            .text("BATCH"), "STATE", .right("UPLOADS"), .right("LEFT"), .right("COMPLETED"), .right("FAILED"),
            .right("%"),
        ])
        for batch in batches {
            let record = BatchRecord(batch)
            table.add([
                batch.name, record.state, "\(batch.uploads)", "\(batch.unfinished)", "\(batch.count(.completed))",
                "\(batch.count(.failed))", record.percent,
            ])
        }
        try Output.write(table.text(on: output.display))
    }
}
