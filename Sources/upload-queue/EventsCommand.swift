import ArgumentParser
import Uploads

/// `upload-queue events`.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Print what happened, oldest first; with --follow also what happens.",
        discussion: """
            With --consumer the queue keeps how far a program came: an event counts as read once its line was written. So \
            a program that was down learns what happened meanwhile, each event at least once. What a consumer has not \
            read is not pruned; --forget removes one.
            """
    )

    @Option(help: ArgumentHelp("Only later ones than this seq.", valueName: "seq"))
    var after: Int64?

    @Option(help: ArgumentHelp("Only of this upload.", valueName: "id"), completion: .uploads)
    var upload: Int64?

    @Option(help: ArgumentHelp("Only these events, such as finished; repeatable.", valueName: "event"))
    var event: [String] = []

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
        var left = limit ?? Int.max
        var last = after ?? 0
        if let consumer { last = try await queue.consumer(consumer).position() }
        while left > 0 {
            let events = try await queue.events(after: last, of: upload, limit: 500)
            for found in events {
                last = found.id
                guard event.isEmpty || event.contains(found.event) else { continue }
                try write(found, on: display)
                left -= 1
                if left == 0 { break }
            }
            if let consumer, let read = events.last(where: { $0.id <= last }) {
                try await queue.consumer(consumer).acknowledge(read)
            }
            guard events.isEmpty else { continue }
            guard follow else { return }
            for try await _ in queue.newEvents(after: last) { break }
        }
    }

    private func write(_ event: UploadEvent, on display: Display) throws {
        guard !json else { return try Output.jsonLine(HistoryRecord(event)) }
        let time = Moment(event.at)?.local ?? event.at
        let subject = event.batch.map { "batch \($0)" } ?? "\(event.uploadID)"
        let line = "\(event.id)  \(time)  \(subject)  \(event.meaning)".visible
        try Output.line(display.styled(line, Upload.Status(rawValue: event.status)?.style))
    }

    /// An event of any upload in `--json`.
    private struct HistoryRecord: Encodable {
        let seq: Int64
        @OrNull var uploadId: Int64?
        @OrNull var batch: String?
        let at: String
        let event: String
        let status: String
        let phase: String
        let uploadOffset: Int64
        let attempt: Int
        @OrNull var workerId: Int64?
        @OrNull var errorCode: String?
        @OrNull var error: String?

        init(_ event: UploadEvent) {
            let record = EventRecord(event)
            seq = record.seq
            at = record.at
            self.event = record.event
            status = record.status
            phase = record.phase
            uploadOffset = record.uploadOffset
            attempt = record.attempt
            uploadId = event.batch == nil ? event.uploadID : nil
            batch = event.batch
            workerId = record.workerId
            errorCode = record.errorCode
            error = record.error
        }
    }
}
