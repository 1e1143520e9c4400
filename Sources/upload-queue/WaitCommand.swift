import ArgumentParser
import Foundation
import UploadStore
import Uploads

/// `upload-queue wait`.
struct WaitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until uploads, a batch or the whole queue are finished, whoever works them.",
        discussion: """
            It uploads nothing by itself: a worker has to run. Exit codes: 0 all completed, 1 some failed or were \
            cancelled, 2 the time given by --timeout passed. Without ids and --batch it waits until nothing is pending or \
            processing; then 1 means that some failed meanwhile.
            """
    )

    @Argument(help: "The uploads' ids.", completion: .uploads)
    var id: [Int64] = []

    @Option(help: ArgumentHelp("Every upload of this batch.", valueName: "name"))
    var batch: String?

    @Option(help: ArgumentHelp("End after this time, such as 30s, 10m or 2h, with 2.", valueName: "time"))
    var timeout: PointInTime?

    @Flag(help: "Draw no bar on a terminal.")
    var noProgress = false

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard id.isEmpty || batch == nil else { throw ValidationError("Ids and --batch exclude each other.") }
    }

    func run() async throws {
        let queue = try await database.open()
        let end = timeout?.after(Date())
        let isWell = try await withThrowingTaskGroup(of: Bool?.self) { group in
            group.addTask { try await wait(in: queue) }
            if let end {
                group.addTask {
                    try await Task.sleep(for: .seconds(max(0, end.timeIntervalSinceNow)))
                    return nil
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let isWell else {
            Output.note("the time passed before they were finished")
            throw ExitCode(CommandError.Status.waiting.rawValue)
        }
        if !isWell { throw ExitCode(CommandError.Status.failed.rawValue) }
    }

    /// Whether all completed.
    private func wait(in queue: UploadQueue) async throws -> Bool {
        if let batch { return try await wait(forBatch: batch, in: queue) }
        guard id.isEmpty else {
            var isWell = true
            for id in id where try await queue.waitUntilFinished(id).status != .completed { isWell = false }
            return isWell
        }
        // Not by how many are failed: one that is retried would hide one that fails.
        let last = try await queue.lastEventID()
        try await queue.waitUntilFinished()
        return try await queue.store.leftovers(failedAfter: last).failed == 0
    }

    private func wait(forBatch name: String, in queue: UploadQueue) async throws -> Bool {
        let display = Display.of(2, color: .auto)
        let isShown = !noProgress && display.columns != nil
        defer { if isShown { Output.showFooter([], columns: 0) } }
        var last: Batch?
        for try await progress in queue.progress(ofBatch: name) {
            last = progress.batch
            if isShown { Self.show(progress, on: display) }
        }
        try Task.checkCancellation()
        return last.map { $0.count(.failed) + $0.count(.cancelled) == 0 } ?? true
    }

    private static func show(_ progress: BatchProgress.Element, on display: Display) {
        var display = display
        let columns = display.columns ?? 80
        display.columns = columns - 1
        let batch = progress.batch
        var parts = ["\(batch.uploads - batch.unfinished) of \(batch.uploads) uploads"]
        if let rate = progress.bytesPerSecond { parts.append("\(ByteCount(Int64(rate)))/s") }
        if let left = progress.timeLeft { parts.append("\(RunProgress.clock(left / .seconds(1))) left") }
        let line = Bar(done: progress.bytesThere, of: progress.bytes, isDone: batch.unfinished == 0)
            .line(title: "batch", parts: parts, name: batch.name.visible, on: display)
        Output.showFooter([line], columns: columns)
    }
}
