import DevelopmentServer
import Foundation
import UploadStore
import Uploads

/// One run of the demo, in its temporary folder.
struct Demo: Sendable {
    /// The part of the large file after which the worker is killed.
    private static let killed = 0.3
    /// The part after which the server stops reading, so that no worker is too fast to be killed.
    private static let stalled = 0.6
    /// The most bytes that the queue sends in one request.
    private static let largestRequest: Int64 = 64 << 20
    /// How long a worker may take to get going.
    private static let patience = Duration.seconds(60)

    let folder: URL
    let files: [URL]

    private var serverFolder: URL { folder.appending(path: "server") }

    /// Runs all of it.
    ///
    /// - Returns: Whether every check passed.
    func run() async throws -> Bool {
        let files = try DemoFiles(named: files, folder: folder)
        let size = try files.all.reduce(0) { try $0 + DemoFiles.size($1) }
        let name = files.large.lastPathComponent
        try Output.line("1. Files: \(files.all.count) of \(ByteCount(size)), the largest \(name.visible).")
        let largeSize = try DemoFiles.size(files.large)
        var configuration = DevelopmentServer.Configuration(directory: serverFolder.path)
        let stall = Int64(Double(largeSize) * Self.stalled)
        configuration.faults = [
            Fault(
                .step(.transfer, occurrence: Int(stall / Self.largestRequest) + 1),
                .stall(afterBytes: stall % Self.largestRequest)
            )
        ]
        do {
            return try await withDevelopmentServer(configuration) { server in
                try Output.line("2. A tus server that also stands in for Wix listens on \(server.origin)/.")
                return try await upload(files, to: server)
            }
        } catch let error where !(error is CommandError || error is UploadQueueError || error is CancellationError) {
            throw CommandError(.unavailable, "the demo could not go on: \(error)")
        }
    }

    private func upload(_ files: DemoFiles, to server: RunningServer) async throws -> Bool {
        let queue = try await add(files, to: server)
        var checks = DemoChecks()

        // The large file was added first; one upload at a time, so that its requests are the ones that count.
        var worker = try DemoWorker(database: queue.path, concurrency: 1)
        try Output.line("4. `upload-queue run --drain` works as process \(worker.pid).")
        let stored: Int64
        do {
            stored = try await interrupt(worker, uploading: files.large, to: server)
        } catch {
            worker.crash()
            throw error
        }
        let end = await worker.waitUntilEnded()
        let size = try DemoFiles.size(files.large)
        try checks.check(
            end == -SIGKILL && stored < size,
            "kill -9 ended it when \(ByteCount(stored)) of \(ByteCount(size)) of the largest file were at the server"
        )
        try await showRows(of: queue)

        server.removeFaults()
        worker = try DemoWorker(database: queue.path, concurrency: 4)
        try Output.line("6. The same command again, as process \(worker.pid).")
        let status = await worker.waitUntilEnded()
        try Task.checkCancellation()
        try checks.check(status == 0, "it exited 0: everything is completed")

        try Output.line("7. Is it true? From the server's log and files:")
        let evidence = try await DemoEvidence(files: files, queue: queue, log: server.requests(), folder: serverFolder)
        try evidence.check(&checks)
        try Output.line(
            checks.failed == 0 ? "All \(checks.passed) checks passed." : "FAILED: \(checks.failed) checks, see above."
        )
        if checks.failed == 0 { try Output.write(Self.whatNext) }
        return checks.failed == 0
    }

    private func add(_ files: DemoFiles, to server: RunningServer) async throws -> UploadQueue {
        let queue = try await UploadQueue.open(folder.appending(path: "queue.db").path)
        try await queue.save(.tus("demo", endpoint: server.endpoint))
        try await queue.save(.wix())
        try await queue.add(([files.large] + files.small).map { .file($0.path) }, to: "demo")
        let minted = try await server.mintGrant(mimeType: "text/plain")
        let grant = try Grant(uploadURL: minted.uploadURL, uploadToken: minted.uploadToken)
        try await queue.add(.file(files.granted.path), to: "wix", grant: grant)
        try Output.line("3. All are in the queue \(queue.path), one by a grant, which is finalized at the end.")
        return queue
    }

    /// Kills the worker once the server has enough of the large file.
    ///
    /// - Returns: Bytes that the server had then.
    private func interrupt(_ worker: DemoWorker, uploading file: URL, to server: RunningServer) async throws -> Int64 {
        let enough = max(1, Int64(Double(try DemoFiles.size(file)) * Self.killed))
        let deadline = ContinuousClock.now + Self.patience
        var stored: Int64 = 0
        while stored < enough && worker.isRunning && ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
            guard let upload = server.requests().first(where: { $0.step == .create })?.upload else { continue }
            stored = try DemoFiles.size(serverFolder.appending(path: "\(upload).bin"))
        }
        worker.crash()
        return stored
    }

    private func showRows(of queue: UploadQueue) async throws {
        let sql = """
            SELECT id, status, phase, percent, upload_offset, upload_length, destination \
            FROM upload_status ORDER BY id LIMIT 5
            """
        try Output.line("5. What the queue knows now:\n   sqlite3 -readonly '\(queue.path)' \\\n     '\(sql)'")
        let result = try await queue.store.query(sql)
        var table = Table(result.columns.map(Table.Column.init(stringLiteral:)))
        for row in result.rows { table.add(row) }
        try Output.write(table.text(on: Display()).split(separator: "\n").map { "   \($0)\n" }.joined())
    }

    private static var whatNext: String {
        let isBuilt = CommandLine.arguments.first?.contains(".build/") ?? false
        let command = isBuilt ? "swift run upload-queue" : "upload-queue"
        return """

            What to try next:
              \(command) serve                          a server to play with; leave it running
              \(command) destination add local --tus http://127.0.0.1:1080/files/
              \(command) add FILE... --to local         prints an id for each file
              \(command) run --drain                    kill it, and run it again
              \(command) list                           or status, show ID, all with --json
              sqlite3 -readonly ~/.local/state/upload-queue/queue.db 'SELECT * FROM upload_status'

            """
    }
}
