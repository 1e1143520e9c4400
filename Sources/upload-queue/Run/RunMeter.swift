import Foundation
import UploadStore
import Uploads

/// Follows a run: joins what this process sends to what the database knows of all uploads.
struct RunMeter {
    /// What the database knew at one look, and what this process had sent by then.
    private struct Look {
        /// Stands for the database as it was before the look; nil: there was none.
        var version: Int?
        var ended = RunReporter.Ended()
        /// Uploads that are pending or processing.
        var open = 0
        var openBytes: Int64 = 0
        var openBytesThere: Int64 = 0
        var sent: Int64 = 0
        var waiting: [WaitingSummary] = []
        /// When the next look is due.
        var next = -Double.infinity
    }

    /// Seconds between two looks, at least.
    private static let interval = 1.0
    /// A look at a large queue takes long; it is repeated after so many times what it took.
    private static let rest = 20.0

    private let queue: UploadQueue
    private let monitor: TransferMonitor
    private var last = Look()
    private var rates: [Upload.ID: TransferRate] = [:]
    private var rate = TransferRate()

    init(queue: UploadQueue, monitor: TransferMonitor) {
        self.queue = queue
        self.monitor = monitor
    }

    /// How the run stands.
    ///
    /// - Parameters:
    ///   - ended: What came to an end since the run began.
    ///   - time: Seconds on a clock that never goes back.
    /// - Returns: How it stands.
    /// - Throws: `UploadQueueError` when the database cannot be read.
    mutating func progress(ended: RunReporter.Ended, at time: Double) async throws -> RunProgress {
        if time >= last.next { last = try await look(ended, at: time) }
        var progress = RunProgress()
        progress.ended = ended
        progress.waiting = last.waiting
        progress.uploads = last.ended.completed + last.open
        progress.bytes = last.ended.bytes + last.openBytes
        let there = last.ended.bytes + last.openBytesThere + monitor.sent - last.sent
        progress.bytesThere = min(there, progress.bytes)
        rate.add(progress.bytesThere, at: time)
        progress.rate = rate

        let transfers = monitor.current
        let inHand = Set(transfers.map(\.id))
        rates = rates.filter { inHand.contains($0.key) }
        for transfer in transfers {
            rates[transfer.id, default: .init()].add(transfer.offset + transfer.sent, at: time)
            progress.active.append(.init(transfer: transfer, rate: rates[transfer.id] ?? .init()))
        }
        return progress
    }

    private func look(_ ended: RunReporter.Ended, at time: Double) async throws -> Look {
        let start = ContinuousClock.now
        // Before reading, so that no change is missed.
        let version = try await queue.store.dataVersion()
        if version == last.version {
            var same = last
            same.next = time + Self.interval
            return same
        }
        var look = Look()
        look.version = version
        look.ended = ended
        for count in try await queue.summary() where count.status == .pending || count.status == .processing {
            look.open += count.uploads
            look.openBytes += count.bytes
            look.openBytesThere += count.bytesThere
        }
        // Bytes of a request in flight are there as far as one can see, but in no row yet.
        look.openBytesThere += monitor.current.reduce(0) { $0 + $1.sent }
        look.sent = monitor.sent
        look.waiting = try await queue.waiting(at: Date())
        let cost = (ContinuousClock.now - start) / .seconds(1)
        look.next = time + max(Self.interval, cost * Self.rest)
        return look
    }
}
