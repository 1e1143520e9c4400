internal import Synchronization

/// An upload that a worker of this process has in hand, and how far its bytes are.
package struct Transfer: Sendable, Equatable {
    package var id: Upload.ID
    package var sourcePath: String
    package var phase: Upload.Phase
    /// Bytes of the file; nil until the worker looked at a file that SQL added.
    package var length: Int64?
    /// Bytes that the server is known to have.
    package var offset: Int64
    /// Bytes beyond the offset that the request in flight handed to the network; the server need not have them.
    package var sent: Int64

    package init(
        id: Upload.ID,
        sourcePath: String,
        phase: Upload.Phase,
        length: Int64?,
        offset: Int64,
        sent: Int64 = 0
    ) {
        self.id = id
        self.sourcePath = sourcePath
        self.phase = phase
        self.length = length
        self.offset = offset
        self.sent = sent
    }
}

/// What a processor is sending right now, for whoever shows it; rows tell only what servers acknowledged.
package final class TransferMonitor: Sendable {
    private let transfers = Mutex<[Upload.ID: Transfer]>([:])
    private let total = Atomic<Int64>(0)

    package init() {}

    /// The uploads in hand, oldest first.
    package var current: [Transfer] { transfers.withLock { $0.values.sorted { $0.id < $1.id } } }

    /// Bytes of files that were handed to the network so far, in all requests.
    package var sent: Int64 { total.load(ordering: .relaxed) }

    func began(_ transfer: Transfer) {
        transfers.withLock { $0[transfer.id] = transfer }
    }

    /// A request is about to be sent; what the one before it sent is acknowledged by now, or was lost.
    func requests(_ id: Upload.ID, phase: Upload.Phase, offset: Int64, length: Int64) {
        transfers.withLock { transfers in
            transfers[id]?.phase = phase
            transfers[id]?.offset = offset
            transfers[id]?.length = length
            transfers[id]?.sent = 0
        }
    }

    func sent(_ bytes: Int, of id: Upload.ID) {
        transfers.withLock { $0[id]?.sent += Int64(bytes) }
        total.add(Int64(bytes), ordering: .relaxed)
    }

    func ended(_ id: Upload.ID) {
        transfers.withLock { $0[id] = nil }
    }
}
