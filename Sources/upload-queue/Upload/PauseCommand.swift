import ArgumentParser
import Uploads

/// `upload-queue pause`.
struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Keep uploads, a batch, a destination or the queue from being worked until they are resumed.",
        discussion: """
            A worker that holds an upload records the answer in hand first, and then lets go. A pause survives restarts, \
            of workers and of the machine.
            """
    )

    @Argument(help: "The uploads' ids.", completion: .uploads)
    var id: [Int64] = []

    @OptionGroup var scope: ScopeOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws { try ResumeCommand.check(id, scope, others: false) }

    func run() async throws {
        let queue = try await database.open()
        guard id.isEmpty else {
            return try await ResumeCommand.each(id, in: queue, output.json) { try await $0.pause($1) }
        }
        try await scope.set(paused: true, in: queue, json: output.json)
    }
}
