import ServiceLifecycle
import Synchronization
import UploadStore
import Uploads

/// Tells on standard output what happens to uploads while a worker runs.
final class RunReporter: Service {
    /// How often the history is looked at, where the database changed.
    private static let interval = Duration.milliseconds(250)

    private struct State {
        var last: UploadEvent.ID
        var completed = 0
        var failed = 0
        var bytes: Int64 = 0
        /// The kinds of errors that were told already.
        var toldErrors: Set<String> = []
    }

    private let queue: UploadQueue
    private let json: Bool
    private let state: Mutex<State>

    /// - Parameters:
    ///   - queue: The queue.
    ///   - json: Whether a line is a JSON object.
    ///   - last: The event after which to begin.
    init(queue: UploadQueue, json: Bool, after last: UploadEvent.ID) {
        self.queue = queue
        self.json = json
        state = Mutex(State(last: last))
    }

    /// What came to an end so far.
    var summary: String {
        state.withLock { "\($0.completed) completed (\(ByteCount($0.bytes))), \($0.failed) failed" }
    }

    /// Reports until graceful shutdown; call ``report()`` once more after everything ended.
    func run() async throws {
        var seen: Int?
        while !Task.isShuttingDownGracefully {
            let version = try await queue.store.dataVersion()
            if version != seen { try await report() }
            seen = version
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
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
        guard ["completed", "failed", "paused", "cancelled"].contains(event.status),
            let upload = try await queue.upload(event.uploadID)
        else { return }
        state.withLock { state in
            if event.status == "completed" {
                state.completed += 1
                state.bytes += event.offset
            }
            if event.status == "failed" { state.failed += 1 }
        }
        let record = Line(event, upload)
        // A reader that went away is no reason to stop uploading.
        if json {
            try? Output.jsonLine(record)
        } else {
            try? Output.line(record.text)
        }
    }

    /// Says once for each kind of error that uploads wait for another try, so that a run is not silent meanwhile.
    private func tellFirst(_ event: UploadEvent) {
        guard event.event == "try later", let failure = event.failure,
            state.withLock({ $0.toldErrors.insert(failure.code).inserted })
        else { return }
        Output.note("upload \(event.uploadID) is tried again later: \(failure.code): \(failure.message)")
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

        var text: String {
            let size = uploadLength.map { "\(ByteCount($0))" } ?? "?"
            let bytes = status == "completed" ? size : "\(ByteCount(uploadOffset)) of \(size)"
            let error = lastErrorCode.map { "\($0): \(lastError ?? $0)" }
            return ["\(id)", status, bytes, sourcePath, error].compactMap(\.self).map(\.visible).joined(separator: "  ")
        }
    }
}
