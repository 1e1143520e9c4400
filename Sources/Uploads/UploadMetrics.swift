internal import Metrics
internal import Synchronization

/// The numbers that a processor reports, each made once.
///
/// Destinations are bounded by whoever saves them, and codes by this library: nothing of one upload is a dimension.
final class UploadMetrics: Sendable {
    private struct Made {
        var uploads: [[String]: Counter] = [:]
        var retries: [[String]: Counter] = [:]
        var bytesSent: [String: Counter] = [:]
        var durations: [String: Timer] = [:]
        var depths: [String: Gauge] = [:]
    }

    private let made = Mutex(Made())

    /// A claim ended: with an upload that is finished, or with one that is tried again later.
    func ended(_ status: Upload.Status, code: String?, destination: String, after duration: Duration) {
        if status.isFinished { uploads(status, destination).increment() }
        if status == .completed { self.duration(destination).record(duration: duration) }
        if status == .pending, let code { retries(code, destination).increment() }
    }

    func sending(bytes: Int64, to destination: String) {
        made.withLock { made in
            let counter =
                made.bytesSent[destination]
                ?? Counter(label: "upload_queue.bytes.sent", dimensions: [("destination", destination)])
            made.bytesSent[destination] = counter
            return counter
        }.increment(by: bytes)
    }

    /// How many uploads have a status now, in the whole queue.
    func depth(_ status: Upload.Status, _ uploads: Int) {
        made.withLock { made in
            let gauge =
                made.depths[status.rawValue]
                ?? Gauge(label: "upload_queue.depth", dimensions: [("status", status.rawValue)])
            made.depths[status.rawValue] = gauge
            return gauge
        }.record(uploads)
    }

    private func uploads(_ status: Upload.Status, _ destination: String) -> Counter {
        made.withLock { made in
            let key = [status.rawValue, destination]
            let dimensions = [("status", status.rawValue), ("destination", destination)]
            let counter = made.uploads[key] ?? Counter(label: "upload_queue.uploads", dimensions: dimensions)
            made.uploads[key] = counter
            return counter
        }
    }

    private func retries(_ code: String, _ destination: String) -> Counter {
        made.withLock { made in
            let key = [code, destination]
            let dimensions = [("code", code), ("destination", destination)]
            let counter = made.retries[key] ?? Counter(label: "upload_queue.retries", dimensions: dimensions)
            made.retries[key] = counter
            return counter
        }
    }

    private func duration(_ destination: String) -> Timer {
        made.withLock { made in
            let timer =
                made.durations[destination]
                ?? Timer(label: "upload_queue.claim.duration", dimensions: [("destination", destination)])
            made.durations[destination] = timer
            return timer
        }
    }
}
