internal import GRDB
internal import Synchronization

/// Lets writes that wait at the same time share one commit.
///
/// A durable step then costs a fraction of a disk sync. Each write runs in a savepoint of its own, so one that fails
/// is undone alone. A write is acknowledged after its commit returned, and is never lost to task cancellation: it runs
/// in a task of its own.
final class GroupCommit: Sendable {
    private typealias Answer = @Sendable ((any Error)?) -> Void

    private struct Write: Sendable {
        /// The function that writes.
        var name: StaticString
        /// About how many rows it changes.
        var rows: Int
        /// Runs inside the transaction.
        ///
        /// Returns its own failure, and what to call once the transaction ended, with the transaction's failure if any.
        var run: @Sendable (Database) -> (failure: (any Error)?, answer: Answer)
        /// Called instead when there was no transaction.
        var refuse: @Sendable (any Error) -> Void
    }

    private struct State {
        var waiting: [Write] = []
        var running = false
    }

    /// The most rows in one transaction, so that the write-ahead log stays small between checkpoints.
    ///
    /// A write of more rows is alone in its transaction.
    static let largestGroup = 256

    private let path: String
    private let pool: DatabasePool
    private let checkpoint: Checkpoint
    private let trust: DatabaseTrust
    private let changes: ChangeSignal
    private let state = Mutex(State())

    init(
        path: String,
        pool: DatabasePool,
        checkpoint: Checkpoint,
        trust: DatabaseTrust,
        changes: ChangeSignal
    ) {
        self.path = path
        self.pool = pool
        self.checkpoint = checkpoint
        self.trust = trust
        self.changes = changes
    }

    /// How many writes wait for the next transaction.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Runs a write in the next shared transaction and returns after that transaction is on disk.
    ///
    /// - Parameters:
    ///   - rows: About how many rows it changes.
    ///   - name: The function that writes, for a ``CrashPoint``.
    ///   - body: The write, inside a savepoint of its own.
    /// - Returns: What the body returned.
    /// - Throws: ``UploadStoreError``; then nothing of this write is on disk.
    func write<Value: Sendable>(
        rows: Int = 1,
        name: StaticString = #function,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                enqueue(
                    Write(
                        name: name,
                        rows: rows,
                        run: { db in
                            do {
                                let value = try Self.inSavepoint(db, body)
                                return (
                                    nil,
                                    { failure in
                                        continuation.resume(with: failure.map { .failure($0) } ?? .success(value))
                                    }
                                )
                            } catch {
                                return (error, { _ in continuation.resume(throwing: error) })
                            }
                        },
                        refuse: { continuation.resume(throwing: $0) }
                    )
                )
            }
        } catch {
            throw UploadStoreError(error, at: path)
        }
    }

    private static func inSavepoint<Value>(_ db: Database, _ body: (Database) throws -> Value) throws -> Value {
        var value: Value?
        try db.inSavepoint {
            value = try body(db)
            return .commit
        }
        guard let value else { throw UploadStoreError(.inputOutput, "a write ended without a result") }
        return value
    }

    private func enqueue(_ write: Write) {
        let starts = state.withLock { state in
            state.waiting.append(write)
            defer { state.running = true }
            return !state.running
        }
        if starts {
            Task.detached { await self.drain() }
        }
    }

    private func nextGroup() -> [Write] {
        state.withLock { state in
            var rows = 0
            let group = Array(
                state.waiting.prefix { write in
                    defer { rows += write.rows }
                    return rows == 0 || rows + write.rows <= Self.largestGroup
                }
            )
            state.waiting.removeFirst(group.count)
            if group.isEmpty { state.running = false }
            return group
        }
    }

    private func drain() async {
        while true {
            let group = nextGroup()
            if group.isEmpty { return }
            do {
                try await pool.writeWithoutTransaction { db in
                    self.commit(group, db)
                    self.checkpoint.runIfDue(db)
                }
                changes.signal()
            } catch {
                // Reached only when the pool could not run the closure at all, so no write was answered.
                for write in group { write.refuse(error) }
            }
        }
    }

    /// Answers every write of the group exactly once.
    private func commit(_ group: [Write], _ db: Database) {
        var answers: [Answer] = []
        do {
            try trust.check()
            try db.beginTransaction(.immediate)
            for write in group {
                let (failure, answer) = write.run(db)
                answers.append(answer)
                // A full disk or an I/O error can end the whole transaction, not only the savepoint.
                guard db.isInsideTransaction else {
                    throw failure ?? UploadStoreError(.inputOutput, "a write ended the transaction that it shared")
                }
            }
            Self.reach("before", group)
            try db.commit()
            Self.reach("after", group)
            try trust.check()
            for answer in answers { answer(nil) }
        } catch {
            if db.isInsideTransaction { try? db.rollback() }
            let error = trust.note(error)
            checkpoint.rescueLog(db)
            for answer in answers { answer(error) }
            for write in group.dropFirst(answers.count) { write.refuse(error) }
        }
    }

    private static func reach(_ side: String, _ group: [Write]) {
        for write in group { CrashPoint.reach("\(side) the commit of \("\(write.name)".prefix { $0 != "(" })") }
    }
}
