import Logging
import Synchronization
import Uploads

/// What a processor does with each upload, in order, as its log tells.
final class FaultLog: Sendable {
    enum Line: Sendable, Equatable {
        /// A request, by its method.
        case sending(String)
        /// Put off, by its code.
        case later(String)
        case ended
    }

    private let lines = Mutex<[String: [Line]]>([:])
    private let onLater: @Sendable (Upload.ID, _ requests: Int) -> Void

    /// `onLater` is called when an upload is put off, before it can be tried again, with its requests so far.
    init(onLater: @escaping @Sendable (Upload.ID, _ requests: Int) -> Void) { self.onLater = onLater }

    func lines(of id: Upload.ID) -> [Line] { lines.withLock { $0["\(id)"] ?? [] } }

    func logger() -> Logger {
        Logger(label: "test") { _ in Handler(log: self) }
    }

    /// What follows the upload's nth request.
    func next(afterRequest number: Int, of id: Upload.ID) -> String {
        let lines = lines(of: id)
        let requests = lines.indices.filter { if case .sending = lines[$0] { true } else { false } }
        guard number <= requests.count else { return "never sent" }
        let index = number == 0 ? lines.startIndex : requests[number - 1] + 1
        switch lines[index...].first {
        case .sending(let method): return method
        case .later(let code): return "later `\(code)`"
        case .ended, nil: return "ends"
        }
    }

    private struct Handler: LogHandler {
        let log: FaultLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            guard let text = metadata["upload.id"]?.description else { return }
            func value(_ key: String) -> String { event.metadata?[key]?.description ?? "" }
            let line: Line
            switch event.message.description {
            case "Sending": line = .sending(value("http.request.method"))
            case "Upload is tried again later": line = .later(value("error.type"))
            case "Upload failed", "Upload waits for a person": line = .ended
            default: return
            }
            let requests = log.lines.withLock { lines in
                lines[text, default: []].append(line)
                return lines[text, default: []].count { if case .sending = $0 { true } else { false } }
            }
            if case .later = line, let id = Upload.ID(text) { log.onLater(id, requests) }
        }
    }
}
