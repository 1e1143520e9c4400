internal import GRDB
internal import GRDBSQLite
internal import Synchronization

/// Moves the write-ahead log into the database without meeting SQLite's WAL-reset bug.
///
/// Before SQLite 3.51.3 a checkpoint that runs while another connection commits can lose committed rows
/// (https://www.sqlite.org/wal.html, section 11). So automatic checkpoints are off, and one runs here only as PASSIVE
/// and while this process holds the write lock. TRUNCATE is not used: it waits for readers while it holds that lock, so
/// that a transaction left open in a shell would stop the queue.
final class Checkpoint: Sendable {
    private struct State {
        /// Frames in the log after the last commit of this process.
        var frames = 0
        /// The number of frames at which the next checkpoint is due.
        var due = Checkpoint.threshold
        var holdsErasedSecrets = false
        /// Whom the next commit of the watched connection is told.
        var waiting: [ObjectIdentifier: ChangeSignal] = [:]
    }

    /// Frames; well under the 1,000 at which a stranger's connection would checkpoint by itself.
    static let threshold = 256

    /// Bytes to which the log's file shrinks when the log starts again after a reader had made it grow.
    static let largestIdleLog = 4 << 20

    private let connection: DatabaseQueue
    private let trust: DatabaseTrust
    /// Holds the write lock where a program's own commits are followed by a checkpoint.
    private let guardian: DatabaseQueue?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - path: The file.
    ///   - followsCommits: Whether a checkpoint that is due runs right after a commit of the watched connection, as
    ///     SQLite's own would. Else ``runIfDue(_:)`` is called.
    ///   - trust: Told of what fails.
    /// - Throws: An error of SQLite.
    init(path: String, followsCommits: Bool, trust: DatabaseTrust) throws {
        self.trust = trust
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            try db.readKeepingLog()
            try db.execute(
                sql: "PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL; PRAGMA checkpoint_fullfsync = ON"
            )
        }
        connection = try DatabaseQueue(path: path, configuration: configuration)
        guardian = followsCommits ? try DatabaseQueue(path: path, configuration: configuration) : nil
    }

    /// Counts the log's frames at each commit of a connection.
    ///
    /// - Parameters:
    ///   - db: The connection.
    ///   - outlives: Whether this object outlives it; else the connection keeps it until it is closed.
    /// - Throws: An error of SQLite.
    func watch(_ db: Database, outlives: Bool) throws {
        let callback: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, Int32) -> Int32 =
            {
                context,
                _,
                _,
                frames in
                if let context {
                    Unmanaged<Checkpoint>.fromOpaque(context).takeUnretainedValue().committed(frames: Int(frames))
                }
                return SQLITE_OK
            }
        if !outlives { try stay(with: db) }
        sqlite3_wal_hook(db.sqliteConnection, callback, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Lets a connection keep this object until it is closed, or keeps another one.
    ///
    /// A function is the one thing that SQLite before 3.44 releases with its connection; nobody calls this one.
    private func stay(with db: Database) throws {
        let code = sqlite3_create_function_v2(
            db.sqliteConnection,
            "upload_queue_checkpoint",
            0,
            SQLITE_UTF8,
            Unmanaged.passRetained(self).toOpaque(),
            { context, _, _ in sqlite3_result_null(context) },
            nil,
            nil,
            { reference in if let reference { Unmanaged<Checkpoint>.fromOpaque(reference).release() } }
        )
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }

    /// Tells someone after the next commit of the watched connection; where there is none, after the one that follows.
    func signalAtCommit(_ signal: ChangeSignal) { state.withLock { $0.waiting[ObjectIdentifier(signal)] = signal } }

    private func committed(frames: Int) {
        let (signals, isDue) = state.withLock { state in
            state.frames = frames
            if frames < Self.threshold { state.due = Self.threshold }
            defer { state.waiting = [:] }
            return (state.waiting.values, frames >= state.due)
        }
        for signal in signals { signal.signal() }
        if isDue { guardian?.inDatabase { db in runIfDue(db) } }
    }

    /// Notes that secrets were erased: they stay readable in the log until it is truncated.
    func secretsWereErased() { state.withLock { $0.holdsErasedSecrets = true } }

    var holdsErasedSecrets: Bool { state.withLock { $0.holdsErasedSecrets } }

    /// Checkpoints when the log is long enough, on the guard's connection, outside a transaction.
    ///
    /// A round that cannot run now is left to the next commit: a longer log is slower, never wrong.
    func runIfDue(_ guardian: Database) {
        guard state.withLock({ $0.frames >= $0.due }) else { return }
        do {
            _ = try passive(guardian)
        } catch {
            // The disk is busy or full, and a later commit tries again; or it failed, and no commit follows.
            _ = trust.note(error)
        }
        // Where a reader holds the log, it keeps growing: do not try at every commit.
        state.withLock { $0.due = $0.frames + Self.threshold / 2 }
    }

    /// Copies the log into the database while the guard holds the write lock; true when all of it was copied.
    private func passive(_ guardian: Database) throws -> Bool {
        try trust.check()
        return try copyLog(guardian)
    }

    /// Brings what the log holds into the database, where somebody took the name of either away.
    ///
    /// Not where the locks are lost as well: another process may then write at the same time.
    func rescueLog(_ guardian: Database) {
        guard trust.keepsLocksOnly, (try? copyLog(guardian)) == true else { return }
        trust.removeLogOfLostDatabase()
    }

    private func copyLog(_ guardian: Database) throws -> Bool {
        try guardian.beginTransaction(.immediate)
        defer { try? guardian.rollback() }
        let row = try connection.inDatabase { db in try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(PASSIVE)") }
        guard let row else { return false }
        return row["busy"] == 0 && row["log"] as Int == row["checkpointed"] as Int
    }

    /// Empties the log into the database, and its file of what it held, so that erased secrets are gone from both.
    ///
    /// A commit after a complete checkpoint starts the log again from its beginning, and shrinks the file to itself
    /// where the size limit says so. A reader that still needs the old log prevents both; then nothing is noted.
    func emptyLog(_ guardian: Database) throws {
        guard try passive(guardian) else { return }
        try guardian.execute(sql: "PRAGMA journal_size_limit = 0")
        defer { try? guardian.execute(sql: "PRAGMA journal_size_limit = \(Self.largestIdleLog)") }
        try guardian.inTransaction(.immediate) {
            let version = try Int.fetchOne(guardian, sql: "PRAGMA user_version") ?? 0
            // One page, and no change: the same number again.
            try guardian.execute(sql: "PRAGMA user_version = \(version)")
            return .commit
        }
        state.withLock { state in
            // More than this one frame: the log was not started again by this commit.
            if state.frames == 1 { state.holdsErasedSecrets = false }
        }
    }

    /// What a PRAGMA says on the connection that checkpoints.
    func setting(_ pragma: String) throws -> Int? {
        try connection.inDatabase { db in try Int.fetchOne(db, sql: "PRAGMA \(pragma)") }
    }

    func close() throws {
        try guardian?.close()
        try connection.close()
    }
}
