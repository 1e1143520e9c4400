import Foundation
import ServiceLifecycle
import Synchronization
import UploadStore
import Uploads

/// Tells what happens to uploads while a worker runs: a line for each end, and on a terminal how the rest stands.
final class RunReporter: Service {
    /// What came to an end since the run began.
    struct Ended: Sendable {
        var completed = 0
        var failed = 0
        /// Bytes of the completed ones.
        var bytes: Int64 = 0
    }

    private struct State {
        var last: UploadEvent.ID
        var ended = Ended()
        /// The kinds of errors that were told already.
        var toldErrors: Set<String> = []
    }

    /// How often the history is looked at, where the database changed.
    private static let interval = Duration.milliseconds(250)
    /// How often the bars are drawn.
    private static let frame = Duration.milliseconds(100)

    private let queue: UploadQueue
    private let json: Bool
    private let monitor: TransferMonitor
    /// Where bars are drawn; nil: nowhere.
    private let screen: (@Sendable () -> Display)?
    private let output: Display
    private let state: Mutex<State>

    /// - Parameters:
    ///   - queue: The queue.
    ///   - json: Whether a line is a JSON object.
    ///   - monitor: What the worker sends.
    ///   - screen: The terminal for bars as it is when they are drawn; nil: no bars.
    ///   - output: Where the lines go.
    ///   - last: The event after which to begin.
    init(
        queue: UploadQueue,
        json: Bool,
        monitor: TransferMonitor,
        screen: (@Sendable () -> Display)?,
        output: Display,
        after last: UploadEvent.ID
    ) {
        self.queue = queue
        self.json = json
        self.monitor = monitor
        self.screen = screen
        self.output = output
        state = Mutex(State(last: last))
    }

    /// What came to an end so far.
    var ended: Ended { state.withLock(\.ended) }

    /// Reports until graceful shutdown; call ``report()`` once more after everything ended.
    func run() async throws {
        var seen: Int?
        var meter = RunMeter(queue: queue, monitor: monitor)
        let start = ContinuousClock.now
        defer { if screen != nil { Output.showFooter([], columns: 0) } }
        while !Task.isShuttingDownGracefully {
            let version = try await queue.store.dataVersion()
            if version != seen { try await report() }
            seen = version
            if let screen {
                let time = (ContinuousClock.now - start) / .seconds(1)
                // Bars are no reason to stop.
                if let progress = try? await meter.progress(ended: ended, at: time) {
                    var display = screen()
                    let columns = display.columns ?? 80
                    // A terminal erases the character in its last column when it erases the rest of a full line.
                    display.columns = columns - 1
                    Output.showFooter(progress.lines(at: Date(), on: display), columns: columns)
                }
            }
            try? await cancelWhenGracefulShutdown { [pause = screen == nil ? Self.interval : Self.frame] in
                try await Task.sleep(for: pause)
            }
            if Task.isCancelled { return }
        }
    }

    /// Reports what happened since the last time.
    func report() async throws {
        while true {
            let events = try await queue.events(after: state.withLock(\.last))
            if events.isEmpty { return }
            for event in events {
                state.withLock { $0.last = event.id }
                try await tell(event)
            }
        }
    }

    private func tell(_ event: UploadEvent) async throws {
        if event.status == "pending" { tellFirst(event) }
        if event.event == "source kept", let failure = event.failure {
            return Output.note("upload \(event.uploadID) is completed, but \(failure.message)")
        }
        // What becomes of a source is no second end of its upload.
        guard ["completed", "failed", "paused", "cancelled"].contains(event.status), !event.event.hasPrefix("source "),
            let upload = try await queue.upload(event.uploadID)
        else { return }
        state.withLock { state in
            if event.status == "completed" {
                state.ended.completed += 1
                state.ended.bytes += event.offset
            }
            if event.status == "failed" { state.ended.failed += 1 }
        }
        let record = Line(event, upload)
        // A reader that went away is no reason to stop uploading.
        if json {
            try? Output.jsonLine(record)
        } else {
            try? Output.line(
                output.styled(record.text(upload.shownPath), event.status == "completed" ? nil : upload.status.style)
            )
        }
    }

    /// Says once for each kind of error that uploads wait for another try, so that a run is not silent meanwhile.
    private func tellFirst(_ event: UploadEvent) {
        guard event.event == "try later", let failure = event.failure,
            state.withLock({ $0.toldErrors.insert(failure.code).inserted })
        else { return }
        Output.note("upload \(event.uploadID) has to wait: \(failure.code): \(failure.message)")
    }

    private struct Line: Encodable {
        let id: Int64
        let at: String
        let status: String
        let uploadOffset: Int64
        @OrNull var uploadLength: Int64?
        let destination: String
        let sourcePath: String
        @OrNull var lastErrorCode: String?
        @OrNull var lastError: String?

        init(_ event: UploadEvent, _ upload: Upload) {
            id = upload.id
            at = event.at
            status = event.status
            uploadOffset = event.offset
            uploadLength = upload.length
            destination = upload.destination
            sourcePath = upload.sourcePath
            lastErrorCode = event.failure?.code
            lastError = event.failure?.message
        }

        /// The line for people, with the file as they know it.
        func text(_ shownPath: String) -> String {
            let size = uploadLength.map { "\(ByteCount($0))" } ?? "?"
            let bytes = status == "completed" ? size : "\(ByteCount(uploadOffset)) of \(size)"
            let error = lastErrorCode.map { "\($0): \(lastError ?? $0)" }
            return ["\(id)", status, bytes, shownPath, error].compactMap(\.self).map(\.visible).joined(separator: "  ")
        }
    }
}
