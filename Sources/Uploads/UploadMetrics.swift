internal import Metrics

/// The numbers that a processor reports, made once.
struct UploadMetrics: Sendable {
    private let completedUploads = Counter(label: "upload_queue.uploads", dimensions: [("status", "completed")])
    private let failedUploads = Counter(label: "upload_queue.uploads", dimensions: [("status", "failed")])
    private let bytesSent = Counter(label: "upload_queue.bytes.sent")

    func completed() { completedUploads.increment() }

    func failed() { failedUploads.increment() }

    func sending(bytes: Int64) { bytesSent.increment(by: bytes) }
}
