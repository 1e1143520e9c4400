import Foundation
import UploadStore
import Uploads

extension QueueRecord {
    /// The record for people.
    func text(at now: Date, on display: Display) -> String {
        [
            "queue \(database.visible)\(standing)\n", counts.text(on: display), running(at: now, on: display),
            waits(at: now, on: display), troubles(on: display),
        ].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// What keeps the queue as a whole back.
    private var standing: String {
        var parts: [String] = []
        if paused { parts.append("paused: `upload-queue resume --queue` lets it go on") }
        if let concurrency { parts.append("at most \(concurrency) in hand") }
        if let bytesPerSecond { parts.append("at most \(ByteCount(bytesPerSecond))/s") }
        return parts.isEmpty ? "" : " (\(parts.joined(separator: "; ")))"
    }

    private var counts: Table {
        var table = Table(["STATUS", .right("UPLOADS"), .right("AT SERVER"), .right("SIZE")])
        for count in statuses where count.uploads > 0 {
            table.add([
                .init(count.status, Upload.Status(rawValue: count.status)?.style), .init("\(count.uploads)"),
                .init("\(ByteCount(count.bytesThere))"), .init("\(ByteCount(count.bytes))"),
            ])
        }
        if statuses.allSatisfy({ $0.uploads == 0 }) { table.add(["no uploads", "0", "", ""]) }
        return table
    }

    private func running(at now: Date, on display: Display) -> String {
        guard !workers.isEmpty else { return "no worker is running; `upload-queue run` starts one\n" }
        var table = Table([.right("WORKER"), .right("PID"), .text("HOST"), "STARTED", .right("UPLOADS")])
        for worker in workers {
            let started = Moment(worker.startedAt)?.relative(to: now) ?? worker.startedAt
            table.add(["\(worker.id)", "\(worker.pid)", worker.host, started, "\(worker.uploads)"])
        }
        let hung = workers.compactMap { HungWorker(id: $0.id, pid: $0.pid, seenAt: $0.seenAt, at: now) }
        return table.text(on: display) + hung.map { "\($0.message); \($0.advice)\n" }.joined()
    }

    private func waits(at now: Date, on display: Display) -> String {
        guard !waiting.isEmpty else { return "" }
        var table = Table([.right("WAITING"), .sentence("FOR")])
        for group in waiting { table.add([.init("\(group.uploads)"), .init(group.meaning(at: now))]) }
        return table.text(on: display)
    }

    private func troubles(on display: Display) -> String {
        guard !errors.isEmpty else { return "" }
        var table = Table([.right("FAILING"), "ERROR", .right("OLDEST"), .sentence("MESSAGE")])
        for error in errors {
            table.add([
                .init("\(error.uploads)"), .init(error.lastErrorCode, .red), .init("\(error.oldestUpload)"),
                .init(error.lastError),
            ])
        }
        return table.text(on: display) + "`upload-queue show ID` tells what to do, `list --error CODE` lists them.\n"
    }
}

extension QueueRecord.Waiting {
    /// What they wait for, in plain words.
    func meaning(at now: Date) -> String {
        let first = Moment(until).map { $0.relative(to: now) } ?? "soon"
        let detail = detail ?? "?"
        return switch WaitingSummary.Reason(rawValue: reason) {
        case .worker: "a worker with room"
        case .deletion: "a worker that deletes them at the server"
        case .notBefore: "the time that was set for them; the first goes on \(first)"
        case .retry: "another try after \(detail); the first goes on \(first)"
        case .destination: "\(detail), which asked its clients to wait; it goes on \(first)"
        case .paused: "a person: `upload-queue resume` lets them go on"
        case .queuePaused: "a person: `upload-queue resume --queue` lets the queue go on"
        case .destinationPaused: "a person: `upload-queue resume --destination \(detail)` lets them go on"
        case .batchPaused: "a person: `upload-queue resume --batch \(detail)` lets them go on"
        case .credentials: "new credentials of \(detail), then `upload-queue resume`"
        case .permission: "a permission at \(detail), then `upload-queue resume`"
        case .quota: "space at \(detail), then `upload-queue resume`"
        case nil: reason
        }
    }
}
