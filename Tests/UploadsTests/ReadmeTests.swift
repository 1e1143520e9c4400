import Foundation
import Logging
import ServiceLifecycle
import Testing
import UnixSignals
import Uploads

/// The README's example, compiled and run: the lines between the markers are those of the README.
@Suite struct ReadmeTests {
    private func example(logger: Logger) async throws {
        // README begins
        let queue = try await UploadQueue.open("uploads.db")
        try await queue.save(.tus("archive", endpoint: "https://tus.example.org/files/"))
        let upload = try await queue.add(.file("scan-001.tif"), to: "archive", metadata: ["project": "herbarium"])

        let processor = queue.processor(options: .init(concurrency: 8, drain: true, logger: logger))
        try await ServiceGroup(services: [processor], gracefulShutdownSignals: [.sigterm], logger: logger).run()

        for try await update in queue.updates(of: upload.id) {
            print(update.status, update.offset, update.length ?? 0)
        }
        // README ends
    }

    @Test func exampleIsTheOneThatCompiles() throws {
        let source = URL(filePath: #filePath)
        let root = source.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let readme = try Self.lines(root.appending(path: "README.md"), after: "```swift", before: "```")
        let compiled = try Self.lines(source, after: "// README begins", before: "// README ends")
        #expect(!compiled.isEmpty)
        #expect(readme.filter { !$0.hasPrefix("import ") } == compiled)
    }

    private static func lines(_ file: URL, after start: String, before end: String) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .drop { $0 != start }
            .dropFirst()
            .prefix { $0 != end }
            .filter { !$0.isEmpty }
    }
}
