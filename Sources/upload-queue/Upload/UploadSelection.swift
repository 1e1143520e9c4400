import ArgumentParser
import Uploads

/// Uploads that something is asked of: by id, or by what they have in common.
struct UploadSelection: ParsableArguments {
    @Argument(help: "The uploads' ids.", completion: .uploads)
    var id: [Int64] = []

    @Option(help: ArgumentHelp("Those of this batch.", valueName: "name"))
    var batch: String?

    @Option(help: ArgumentHelp("Those to this destination.", valueName: "name"), completion: .destinations)
    var destination: String?

    @Option(help: ArgumentHelp("Those with this tag.", valueName: "tag"))
    var tag: String?

    @Option(help: ArgumentHelp("Those whose last error has this code.", valueName: "code"))
    var error: String?

    @Flag(help: "All that it can be asked of.")
    var all = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    private var hasFilter: Bool { batch != nil || destination != nil || tag != nil || error != nil }

    func validate() throws {
        guard !id.isEmpty || hasFilter || all else {
            throw ValidationError("Name uploads by their ids, or by --batch, --destination, --tag, --error or --all.")
        }
        guard id.isEmpty || (!hasFilter && !all) else {
            throw ValidationError("Ids and --batch, --destination, --tag, --error or --all exclude each other.")
        }
    }

    /// Asks each, then tells what became of them.
    ///
    /// - Parameters:
    ///   - statuses: What an upload that is not named by its id stands at to be asked.
    ///   - request: What is asked.
    /// - Throws: ``CommandError`` with a line for each that refused; the others did what was asked.
    func each(
        of statuses: [Upload.Status],
        _ request: @escaping @Sendable (UploadQueue, Upload.ID) async throws -> Void
    ) async throws {
        let queue = try await database.open()
        var report = ChangeReport(json: output.json)
        if id.isEmpty {
            try await check(queue)
            try await eachFound(of: statuses, in: queue, request, &report)
        } else {
            for id in id { try await report.add(Self.ask(queue, id, request), of: id) }
        }
        try report.end()
    }

    private func check(_ queue: UploadQueue) async throws {
        if let destination, try await queue.destination(destination) == nil {
            throw CommandError(.noInput, "there is no destination \(destination); see `upload-queue destination list`")
        }
        if let batch, try await queue.batch(batch) == nil {
            throw CommandError(.noInput, "there is no batch \(batch); see `upload-queue batch list`")
        }
    }

    /// In pages, each of which is asked at the same time, so that many share a commit.
    private func eachFound(
        of statuses: [Upload.Status],
        in queue: UploadQueue,
        _ request: @escaping @Sendable (UploadQueue, Upload.ID) async throws -> Void,
        _ report: inout ChangeReport
    ) async throws {
        var last: Upload.ID = 0
        while true {
            let uploads = try await queue.uploads(
                matching: .init(
                    statuses: statuses,
                    destination: destination,
                    errorCode: error,
                    batch: batch,
                    tag: tag,
                    after: last,
                    limit: 200
                )
            )
            guard let final = uploads.last else { return }
            last = final.id
            let outcomes = try await withThrowingTaskGroup(of: (Upload.ID, ChangeReport.Outcome).self) { group in
                for upload in uploads {
                    group.addTask { (upload.id, try await Self.ask(queue, upload.id, request)) }
                }
                var outcomes: [(Upload.ID, ChangeReport.Outcome)] = []
                for try await outcome in group { outcomes.append(outcome) }
                return outcomes.sorted { $0.0 < $1.0 }
            }
            for (id, outcome) in outcomes { try report.add(outcome, of: id) }
        }
    }

    static func ask(
        _ queue: UploadQueue,
        _ id: Upload.ID,
        _ request: (UploadQueue, Upload.ID) async throws -> Void
    ) async throws -> ChangeReport.Outcome {
        do {
            try await request(queue, id)
            return .changed(try await queue.upload(id))
        } catch let error as UploadQueueError where error.code == .notFound || error.code == .refused {
            return .refused(error.message)
        }
    }
}

/// What became of uploads that something was asked of, written as it happens.
struct ChangeReport {
    /// What became of one.
    enum Outcome: Sendable {
        /// How it stands now; nil where it is not there any more.
        case changed(Upload?)
        case refused(String)
    }

    private let json: Bool
    private var isEmpty = true
    private var refused = CommandError(.failed)
    /// Refusals that are kept; the rest is counted.
    private static let most = 1000
    private var more = 0

    init(json: Bool) { self.json = json }

    mutating func add(_ outcome: Outcome, of id: Upload.ID) throws {
        switch outcome {
        case .refused(let message):
            if refused.messages.count < Self.most { refused.messages.append(message) } else { more += 1 }
        case .changed(let upload?):
            if json {
                try Output.write((isEmpty ? "[\n" : ",\n") + Output.text(UploadRecord(upload)))
            } else {
                let requested = upload.requested.map { ", \($0) requested" } ?? ""
                try Output.line("\(upload.id)  \(upload.status.rawValue)\(requested)")
            }
            isEmpty = false
        case .changed(nil):
            if json {
                try Output.write((isEmpty ? "[\n" : ",\n") + "{\"id\":\(id)}")
            } else {
                try Output.line("\(id)  removed")
            }
            isEmpty = false
        }
    }

    /// Ends the list.
    ///
    /// - Throws: ``CommandError`` where something was refused.
    func end() throws {
        if json { try Output.write(isEmpty ? "[]\n" : "\n]\n") }
        guard !refused.messages.isEmpty else {
            if isEmpty && !json { Output.note("no such upload") }
            return
        }
        var error = refused
        if more > 0 { error.messages.append("and \(more) more") }
        throw error
    }
}
