package import GRDB

/// The queue on disk: the only place that sees SQLite.
///
/// Every method is one transaction that keeps the rules of the schema; each change of a worker's names its claim.
package struct Store: Sendable {
    let pool: DatabasePool
    let commits: GroupCommit
    let checkpoint: Checkpoint
    let trust: DatabaseTrust
    let dataVersions: DatabaseQueue
    /// Begins the names of this queue's own copies of files, so that it never removes those of another queue.
    package let spoolMark: String
    /// Whether the file is the queue's own; else it is a program's, and the queue's tables are guests in it.
    let isOwn: Bool

    /// The absolute path of the database file.
    package let path: String

    /// Signals after each commit of this process.
    package let changes: ChangeSignal

    /// Waits for changes by anyone.
    package let watch: DatabaseWatch

    /// Opens a queue's file, or creates it with mode 0600.
    ///
    /// - Parameter path: An absolute path on a local filesystem; its folder exists.
    /// - Returns: The open store.
    /// - Throws: ``UploadStoreError``; a file that is refused is left as it is.
    package static func open(path: String) throws -> Store {
        try checkEngine(at: path)
        try DatabaseFile.prepare(path: path)
        do {
            // Locks are files beside the database: everyone must name it alike, whatever links lead to it.
            return try Store(path: DatabaseFile.resolve(path))
        } catch {
            throw UploadStoreError(error, at: path)
        }
    }

    private init(path: String) throws {
        // A crash, or another process, may have left erased secrets in the log.
        let hadLog = DatabaseFile.hasLog(path: path)
        let pool = try DatabasePool(path: path, configuration: Self.configuration())
        // Again: others may have been at work between the first look and the opening.
        try DatabaseFile.refuseOpen(path: path)
        try self.init(pool: pool, path: path, isOwn: true, hadLog: hadLog)
    }

    /// Opens the queue in a database of the program, beside its own tables.
    ///
    /// The connection that writes becomes one of the queue's kind: durable in a power cut, without checkpoints of SQLite's
    /// own, patient where it was not told otherwise, and it wipes what is deleted.
    ///
    /// - Parameter pool: The program's database, on a local filesystem.
    /// - Returns: The open store.
    /// - Throws: ``UploadStoreError``; then the program's own tables are as they were.
    package static func open(in pool: DatabasePool) throws -> Store {
        try checkEngine(at: pool.path)
        do {
            let path = try DatabaseFile.resolve(pool.path)
            try DatabaseFile.refuseNetwork(path: path)
            try pool.read { db in try Migration.inspectGuest(db, path: path) }
            return try Store(pool: pool, path: path, isOwn: false, hadLog: true)
        } catch {
            throw UploadStoreError(error, at: pool.path)
        }
    }

    private init(pool: DatabasePool, path: String, isOwn: Bool, hadLog: Bool) throws {
        let trust = DatabaseTrust(path: path)
        let checkpoint = try Checkpoint(path: path, followsCommits: !isOwn, trust: trust)
        spoolMark = try pool.writeWithoutTransaction { db in
            if !isOwn { try Self.prepareGuest(db, pool.configuration) }
            // GRDB sets NORMAL when it opens the write-ahead log; that would lose acknowledged rows in a power cut.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2,
                try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal",
                try !isOwn || Int.fetchOne(db, sql: "PRAGMA wal_autocheckpoint") == 0
            else {
                throw UploadStoreError(
                    .cannotOpen,
                    "\(path) cannot be made durable: SQLite did not accept WAL with FULL"
                )
            }
            try Migration.migrate(db, path: path, isOwn: isOwn)
            // Only now: what failed above leaves the program's connection the checkpoints of SQLite's own.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
            try checkpoint.watch(db, outlives: isOwn)
            if hadLog { checkpoint.secretsWereErased() }
            return try String.fetchOne(db, sql: "SELECT spool_mark FROM queue") ?? ""
        }
        var watching = Configuration()
        watching.readonly = true
        watching.busyMode = .timeout(5)
        self.path = path
        self.pool = pool
        self.checkpoint = checkpoint
        self.trust = trust
        self.isOwn = isOwn
        let dataVersions = try DatabaseQueue(path: path, configuration: watching)
        self.dataVersions = dataVersions
        let changes = ChangeSignal()
        self.changes = changes
        watch = DatabaseWatch(changes: changes) { try await Self.dataVersion(dataVersions, trust, path) }
        commits = GroupCommit(path: path, pool: pool, checkpoint: checkpoint, trust: trust, changes: changes)
        trust.remember()
    }

    private static func checkEngine(at path: String) throws {
        guard let refusal = Engine.linked.refusal else { return }
        throw UploadStoreError(.cannotOpen, "\(path) is not opened: \(refusal)")
    }

    private static func prepareGuest(_ db: Database, _ configuration: Configuration) throws {
        try db.execute(
            sql: """
                PRAGMA journal_size_limit = \(Checkpoint.largestIdleLog);
                PRAGMA secure_delete = ON;
                PRAGMA fullfsync = ON;
                """
        )
        // A connection that waits for nobody fails wherever another process writes.
        if case .immediateError = configuration.busyMode { try db.execute(sql: "PRAGMA busy_timeout = 10000") }
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 2
        configuration.prepareDatabase { db in
            try db.readKeepingLog()
            // Where the database is read-only these say nothing, and nothing is written either.
            try db.execute(
                sql: """
                    PRAGMA wal_autocheckpoint = 0;
                    PRAGMA journal_size_limit = \(Checkpoint.largestIdleLog);
                    PRAGMA secure_delete = ON;
                    PRAGMA fullfsync = ON;
                    PRAGMA checkpoint_fullfsync = ON;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA mmap_size = 0;
                    PRAGMA cache_size = -1024;
                    """
            )
        }
        return configuration
    }

    /// A number that differs after any process changed the database.
    package func dataVersion() async throws -> Int { try await Self.dataVersion(dataVersions, trust, path) }

    private static func dataVersion(
        _ dataVersions: DatabaseQueue,
        _ trust: DatabaseTrust,
        _ path: String
    ) async throws -> Int {
        do {
            try trust.check()
            return try await dataVersions.read { db in try Int.fetchOne(db, sql: "PRAGMA data_version") ?? 0 }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw UploadStoreError(error, at: path)
        }
    }

    /// Signals after the transaction that a program has open on the connection that writes, where that commits.
    package func signalAtCommit(_ signal: ChangeSignal) {
        checkpoint.signalAtCommit(changes)
        checkpoint.signalAtCommit(signal)
    }

    /// Empties the write-ahead log, as far as no other program reads or writes just now.
    package func emptyLog() async throws {
        checkpoint.secretsWereErased()
        try await forgetErasedSecrets()
    }

    /// Empties the write-ahead log when erased secrets may still stand in it.
    ///
    /// Where another program reads or writes just now, they are left to the next call.
    package func forgetErasedSecrets() async throws {
        let last = try await read { db in try Int64.fetchOne(db, sql: "SELECT max(seq) FROM erased_secret") }
        if last != nil { checkpoint.secretsWereErased() }
        guard checkpoint.holdsErasedSecrets else { return }
        let (pool, checkpoint) = (pool, checkpoint)
        do {
            // A task of its own: cancellation would interrupt it between its two transactions.
            try await Task { try await pool.writeWithoutTransaction { db in try checkpoint.emptyLog(db) } }.value
        } catch {
            let error = UploadStoreError(trust.note(error), at: path)
            if error.code != .busy { throw error }
        }
        guard let last, !checkpoint.holdsErasedSecrets else { return }
        try await commits.write { db in
            try db.execute(sql: "DELETE FROM erased_secret WHERE seq <= ?", arguments: [last])
        }
    }

    /// Closes every connection of the queue's own; the store must not be used afterwards.
    ///
    /// A program's database stays open, and checkpointed, until the program closes it.
    package func close() throws {
        try dataVersions.close()
        guard isOwn else { return }
        try checkpoint.close()
        try pool.close()
    }
}
