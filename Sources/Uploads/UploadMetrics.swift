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
        one(\.bytesSent, destination) {
            Counter(label: "upload_queue.bytes.sent", dimensions: [("destination", destination)])
        }.increment(by: bytes)
    }

    /// How many uploads have a status now, in the whole queue.
    func depth(_ status: Upload.Status, _ uploads: Int) {
        one(\.depths, status.rawValue) {
            Gauge(label: "upload_queue.depth", dimensions: [("status", status.rawValue)])
        }.record(uploads)
    }

    private func uploads(_ status: Upload.Status, _ destination: String) -> Counter {
        one(\.uploads, [status.rawValue, destination]) {
            let dimensions = [("status", status.rawValue), ("destination", destination)]
            return Counter(label: "upload_queue.uploads", dimensions: dimensions)
        }
    }

    private func retries(_ code: String, _ destination: String) -> Counter {
        one(\.retries, [code, destination]) {
            Counter(label: "upload_queue.retries", dimensions: [("code", code), ("destination", destination)])
        }
    }

    private func duration(_ destination: String) -> Timer {
        one(\.durations, destination) {
            Timer(label: "upload_queue.claim.duration", dimensions: [("destination", destination)])
        }
    }

    /// The metric of a key, made where there is none yet.
    private func one<Key: Hashable, Metric: Sendable>(
        _ metrics: WritableKeyPath<Made, [Key: Metric]>,
        _ key: Key,
        _ make: () -> Metric
    ) -> Metric {
        made.withLock { made in
            if let metric = made[keyPath: metrics][key] { return metric }
            let metric = make()
            made[keyPath: metrics][key] = metric
            return metric
        }
    }
}
