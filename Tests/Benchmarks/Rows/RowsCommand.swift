import ArgumentParser
import Foundation

/// `upload-queue-benchmark rows`: what the length of the queue costs.
struct RowsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rows",
        abstract: "Measure what adding, claiming and looking cost in a short queue and in long ones.",
        discussion: """
            Each queue has 1,000 uploads that are ready, and more of one kind. Times are medians in milliseconds: of \
            the library's calls in this process, and of whole commands. The last line is the CPU time in seconds of \
            `upload-queue run` while there is nothing to do, its start and end included.

            It needs `upload-queue` beside it, some minutes, and 600 MB for a million rows.
            """
    )

    @Option(help: "Rows of the longest queue.")
    var rows = 1_000_000

    @Option(help: "Measurements of each call; a median is shown.")
    var runs = 21

    @Option(help: ArgumentHelp("How long `run` is watched while there is nothing to do; 0: not.", valueName: "seconds"))
    var idle = 20

    @Flag(help: "Write JSON.")
    var json = false

    @Option(help: ArgumentHelp("Where queues are made, in a folder of their own that is removed. (default: $TMPDIR)"))
    var folder: String?

    func validate() throws {
        guard rows >= 10_000, runs > 0, idle >= 0 else {
            throw ValidationError("--rows is 10000 or more, --runs over 0, --idle not negative.")
        }
    }

    func run() async throws {
        do {
            #if DEBUG
            Progress.note("this is a debug build; its figures mean nothing")
            #endif
            let base = folder.map { URL(filePath: $0, directoryHint: .isDirectory) }
            let scene = try TemporaryFolder(in: base ?? FileManager.default.temporaryDirectory)
            defer { scene.remove() }
            var report = RowsReport(runs: runs, idleSeconds: idle)
            for queue in LongQueue.all(rows: rows) {
                Progress.note("\(queue.title): making the queue")
                let path = scene.url.appending(path: "queue.db").path
                try await queue.make(at: path)
                Progress.note("\(queue.title): measuring")
                let measurement = RowsMeasurement(path: path, runs: runs, idle: idle, command: try Tools.uploadQueue())
                report.add(try await measurement.figures(), of: queue.title)
                for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            }
            print(json ? try report.json() : report.text, terminator: "")
        } catch let error as BenchmarkError {
            Progress.note(error.message)
            throw ExitCode(error.status)
        }
    }
}
