import ArgumentParser
import Foundation
import UploadStore
import Uploads

/// `upload-queue events`.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Print what happened, oldest first; with --follow also what happens.",
        discussion: """
            With --consumer the queue keeps how far a program came: an event counts as read once its line was written, \
            or where it does not fit what was asked for. So a program that was down learns what happened meanwhile, each event at least once. What a consumer has not \
            read is not pruned; --forget removes one.
            """
    )

    @Option(help: ArgumentHelp("Only later ones than this seq.", valueName: "seq"))
    var after: Int64?

    @Option(help: ArgumentHelp("Only of this upload.", valueName: "id"), completion: .uploads)
    var upload: Int64?

    @Option(help: ArgumentHelp("Only these events, such as finished; repeatable.", valueName: "event"))
    var event: [String] = []

    @Option(help: ArgumentHelp("Only where the upload stood so afterwards; repeatable.", valueName: "status"))
    var status: [Upload.Status] = []

    @Option(help: ArgumentHelp("Only with this error's code.", valueName: "code"))
    var error: String?

    @Option(
        help: ArgumentHelp(
            "Only since then.",
            discussion: "A span back from now, such as 30m, 2h or 3d; or a time, such as 2026-11-26T14:00.",
            valueName: "time"
        )
    )
    var since: PointInTime?

    @Option(
        help: ArgumentHelp("Only of uploads to this destination that are still there.", valueName: "name"),
        completion: .destinations
    )
    var destination: String?

    @Option(help: ArgumentHelp("Only of this batch and its uploads.", valueName: "name"))
    var batch: String?

    @Option(help: ArgumentHelp("Only of uploads with this tag.", valueName: "tag"))
    var tag: String?

    @Option(help: ArgumentHelp("Go on where this reader ended, and note how far it came.", valueName: "name"))
    var consumer: String?

    @Option(help: ArgumentHelp("Forget this reader, and print nothing.", valueName: "name"))
    var forget: String?

    @Option(help: ArgumentHelp("At most so many.", valueName: "count"))
    var limit: Int?

    @Flag(help: "Wait for what happens, until interrupted.")
    var follow = false

    @Flag(help: "Write a JSON object for each line.")
    var json = false

    @OptionGroup var color: ColorOptions
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard consumer == nil || (after == nil && upload == nil) else {
            throw ValidationError(
                "--consumer knows where to go on, and reads all uploads; --after and --upload do not go with it."
            )
        }
        guard consumer.map({ 1...255 ~= $0.unicodeScalars.count }) ?? true else {
            throw ValidationError("A consumer's name is 1 to 255 characters.")
        }
        guard limit.map({ $0 > 0 }) ?? true else { throw ValidationError("--limit is 1 or more.") }
    }

    func run() async throws {
        let queue = try await database.open()
        if let forget { return try await queue.removeConsumer(forget) }
        let display = Display.of(1, color: color.color)
        var filter = filter(at: Date())
        var left = limit ?? Int.max
        if let consumer { filter.after = try await queue.consumer(consumer).position() }
        while left > 0 {
            filter.limit = min(500, left)
            // Taken before reading, so that what is read next is behind it.
            let newest = try await queue.lastEventID()
            let events = try await queue.events(matching: filter)
            for event in events { try write(event, on: display) }
            left -= events.count
            // What does not fit the filter is read too.
            filter.after =
                events.count < filter.limit ? max(newest, events.last?.id ?? 0) : events.last?.id ?? filter.after
            if let consumer, filter.after > 0 { try await queue.acknowledge(filter.after, by: consumer) }
            guard events.isEmpty else { continue }
            guard follow else { return }
            for try await _ in queue.newEvents(after: filter.after) { break }
        }
    }

    private func filter(at now: Date) -> EventFilter {
        var filter = EventFilter(after: after ?? 0, uploadID: upload)
        filter.events = event
        filter.statuses = status.compactMap { Status(rawValue: $0.rawValue) }
        filter.errorCode = error
        filter.since = since.map { Timestamp.text($0.before(now)) }
        filter.destination = destination
        filter.batch = batch
        filter.tag = tag
        return filter
    }

    private func write(_ event: UploadEvent, on display: Display) throws {
        guard !json else { return try Output.jsonLine(HistoryRecord(event: event)) }
        let time = Moment(event.at)?.local ?? event.at
        let subject = event.batch.map { "batch \($0)" } ?? "\(event.uploadID)"
        let line = "\(event.id)  \(time)  \(subject)  \(event.meaning)".visible
        try Output.line(display.styled(line, Upload.Status(rawValue: event.status)?.style))
    }

    /// An event of any upload, or of a batch, in `--json`: as in the history of one, and of what it is.
    private struct HistoryRecord: Encodable {
        private enum Key: CodingKey {
            case uploadId, batch
        }

        let event: UploadEvent

        func encode(to encoder: any Encoder) throws {
            try EventRecord(event).encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(event.batch == nil ? event.uploadID : nil, forKey: .uploadId)
            try container.encode(event.batch, forKey: .batch)
        }
    }
}
