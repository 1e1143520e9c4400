internal import GRDB
internal import GRDBSQLite

extension Database {
    /// Reads a little, and leaves the write-ahead log alone where that fails; called before anything else is set up.
    ///
    /// A connection that is closed as the last one copies the log into the database and removes it. One that could not
    /// map the log's shared memory (the disk failed, or became read-only) copies nothing, takes that for success, and
    /// removes the log with all that was committed: `walCheckpoint` of SQLite 3.40.1 takes a lock that it did not get for
    /// a reader's. With a `journal_size_limit` it would empty the log in its stead, so that comes later.
    func readKeepingLog() throws {
        try keepLog(true)
        _ = try Int.fetchOne(self, sql: "SELECT count(*) FROM sqlite_master")
        try keepLog(false)
    }

    /// Whether the log stays where this connection is closed as the last one.
    private func keepLog(_ keeps: Bool) throws {
        var flag: CInt = keeps ? 1 : 0
        let code = sqlite3_file_control(sqliteConnection, nil, SQLITE_FCNTL_PERSIST_WAL, &flag)
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }
}
