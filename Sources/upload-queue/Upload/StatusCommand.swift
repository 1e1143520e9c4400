import ArgumentParser
import Uploads

/// `upload-queue status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the queue is doing: uploads by status, running workers, errors."
    )

    /// The most kinds of errors that are shown.
    private static let mostErrors = 20

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let queue = try await database.open()
        let record = Record(
            database: queue.path,
            statuses: Self.all(try await queue.summary()),
            workers: try await queue.runningWorkers().map(Worker.init),
            errors: try await queue.errorCounts(limit: Self.mostErrors).map(Trouble.init)
        )
        if output.json {
            try Output.json(record)
        } else {
            try Output.write(record.text)
        }
    }

    /// Every status, also those that no upload has.
    private static func all(_ counts: [UploadQueue.StatusCount]) -> [Count] {
        Upload.Status.allCases.map { status in
            let count = counts.first { $0.status == status }
            return Count(
                status: status.rawValue,
                uploads: count?.uploads ?? 0,
                bytesThere: count?.bytesThere ?? 0,
                bytes: count?.bytes ?? 0
            )
        }
    }
}

extension StatusCommand {
    fileprivate struct Record: Encodable {
        let database: String
        let statuses: [Count]
        let workers: [Worker]
        let errors: [Trouble]

        var text: String {
            var counts = Table(["STATUS", .right("UPLOADS"), .right("AT SERVER"), .right("SIZE")])
            for count in statuses where count.uploads > 0 {
                counts.add([
                    count.status, "\(count.uploads)", "\(ByteCount(count.bytesThere))", "\(ByteCount(count.bytes))",
                ])
            }
            var running = Table([.right("WORKER"), .right("PID"), "HOST", "SINCE", .right("UPLOADS")])
            for worker in workers {
                running.add(["\(worker.id)", "\(worker.pid)", worker.host, worker.startedAt, "\(worker.uploads)"])
            }
            var troubles = Table([.right("UPLOADS"), "ERROR", .right("OLDEST"), "MESSAGE"])
            for error in errors {
                troubles.add(["\(error.uploads)", error.lastErrorCode, "\(error.oldestUpload)", error.lastError])
            }
            return [
                "queue \(database.visible)\n",
                statuses.contains { $0.uploads > 0 } ? counts.text : "no uploads\n",
                workers.isEmpty ? "no worker is running; `upload-queue run` starts one\n" : running.text,
                errors.isEmpty ? "no errors\n" : troubles.text,
            ].joined(separator: "\n")
        }
    }

    fileprivate struct Count: Encodable {
        let status: String
        let uploads: Int
        let bytesThere: Int64
        let bytes: Int64
    }

    fileprivate struct Worker: Encodable {
        let id: Int64
        let pid: Int64
        let host: String
        let startedAt: String
        let uploads: Int

        init(_ worker: RunningWorker) {
            id = worker.id
            pid = worker.pid
            host = worker.host
            startedAt = worker.startedAt
            uploads = worker.uploads
        }
    }

    fileprivate struct Trouble: Encodable {
        let lastErrorCode: String
        let uploads: Int
        let oldestUpload: Int64
        let lastError: String

        init(_ count: ErrorCount) {
            lastErrorCode = count.code
            uploads = count.uploads
            oldestUpload = count.oldestUpload
            lastError = count.message
        }
    }
}
