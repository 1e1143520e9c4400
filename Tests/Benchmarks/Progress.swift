import Foundation

/// What is said on standard error while it runs.
enum Progress {
    /// Writes a line.
    static func note(_ text: String) {
        // Nobody may read it; that is no reason to stop.
        try? FileHandle.standardError.write(contentsOf: Data("upload-queue-benchmark: \(text)\n".utf8))
    }
}
