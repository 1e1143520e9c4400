import Foundation

/// The command under test: the one built beside this test bundle, or the one that `UPLOAD_QUEUE_BINARY` names.
enum UploadQueueBinary {
    static let path: String = {
        if let path = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_BINARY"] { return path }
        let runner = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        for candidate in [runner, Bundle(for: Marker.self).bundleURL] {
            let binary = candidate.deletingLastPathComponent().appending(path: "upload-queue").path()
            if FileManager.default.isExecutableFile(atPath: binary) { return binary }
        }
        return "upload-queue"
    }()

    private final class Marker {}
}
