import ArgumentParser
import Uploads

/// `upload-queue resume`.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let paused uploads, a batch, a destination or the queue be worked again.",
        discussion: """
            What was paused as a whole is resumed as a whole; an upload that was paused by itself stays so until it is \
            named, or all are with --all.
            """
    )

    @Argument(help: "The uploads' ids.", completion: .uploads)
    var id: [Int64] = []

    @OptionGroup var scope: ScopeOptions

    @Option(help: ArgumentHelp("Every paused upload whose last error has this code.", valueName: "code"))
    var error: String?

    @Flag(help: "Every paused upload.")
    var all = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws { try Self.check(id, scope, others: all || error != nil) }

    func run() async throws {
        let queue = try await database.open()
        guard id.isEmpty else { return try await Self.each(id, in: queue, output.json) { try await $0.resume($1) } }
        guard all || error != nil else { return try await scope.set(paused: false, in: queue, json: output.json) }
        var selection = UploadSelection()
        selection.id = []
        selection.batch = nil
        selection.destination = nil
        selection.tag = nil
        selection.error = error
        selection.all = all
        selection.output = output
        selection.database = database
        try await selection.each(of: [.paused]) { queue, id in try await queue.resume(id) }
    }

    /// Refuses what names nothing, or two kinds of things.
    static func check(_ id: [Int64], _ scope: ScopeOptions, others: Bool) throws {
        let kinds = [!id.isEmpty, !scope.scopes.isEmpty, others].count { $0 }
        guard kinds == 1 else {
            throw ValidationError(
                "Name uploads by their ids, or something as a whole by --queue, --destination or --batch."
            )
        }
    }

    /// Asks uploads by id.
    static func each(
        _ ids: [Int64],
        in queue: UploadQueue,
        _ json: Bool,
        _ request: (UploadQueue, Upload.ID) async throws -> Void
    ) async throws {
        var report = ChangeReport(json: json)
        for id in ids { try await report.add(UploadSelection.ask(queue, id, request), of: id) }
        try report.end()
    }
}
