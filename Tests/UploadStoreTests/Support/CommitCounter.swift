import GRDB
import Synchronization

/// Counts the transactions that a connection committed.
final class CommitCounter: TransactionObserver, Sendable {
    private let counts = Mutex((commits: 0, rollbacks: 0))

    var commits: Int { counts.withLock { $0.commits } }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: Database) { counts.withLock { $0.commits += 1 } }
    func databaseDidRollback(_ db: Database) { counts.withLock { $0.rollbacks += 1 } }
}
