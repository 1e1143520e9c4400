import ArgumentParser
import Uploads

/// What is paused or resumed as a whole.
struct ScopeOptions: ParsableArguments {
    private struct Record: Encodable {
        let scope: String
        @OrNull var name: String?
        let paused: Bool

        init(_ scope: UploadScope, paused: Bool) {
            self.paused = paused
            switch scope {
            case .queue: self.scope = "queue"
            case .destination(let name):
                self.scope = "destination"
                self.name = name
            case .batch(let name):
                self.scope = "batch"
                self.name = name
            }
        }
    }

    @Flag(help: "The whole queue.")
    var queue = false

    @Option(
        help: ArgumentHelp("All uploads to this destination, also those that come later.", valueName: "name"),
        completion: .destinations
    )
    var destination: String?

    @Option(help: ArgumentHelp("All uploads of this batch, also those that come later.", valueName: "name"))
    var batch: String?

    /// What was named.
    var scopes: [UploadScope] {
        (queue ? [.queue] : []) + (destination.map { [.destination($0)] } ?? []) + (batch.map { [.batch($0)] } ?? [])
    }

    /// Pauses or resumes what was named, and tells so.
    func set(paused: Bool, in queue: UploadQueue, json: Bool) async throws {
        var records: [Record] = []
        for scope in scopes {
            if paused { try await queue.pause(scope) } else { try await queue.resume(scope) }
            let record = Record(scope, paused: paused)
            records.append(record)
            if !json {
                let name = record.name.map { " \($0.visible)" } ?? ""
                try Output.line("\(record.scope)\(name)  \(paused ? "paused" : "resumed")")
            }
        }
        if json { try Output.json(records) }
    }
}
