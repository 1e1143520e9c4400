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
        let keepsAlways = try keepLog(Self.asks)
        try keepLog(1)
        _ = try Int.fetchOne(self, sql: "SELECT count(*) FROM sqlite_master")
        try keepLog(keepsAlways)
    }

    /// Changes nothing.
    private static let asks: CInt = -1

    /// Says whether the log stays (1) or not (0) where this connection is closed as the last one; returns what holds now.
    @discardableResult
    private func keepLog(_ keeps: CInt) throws -> CInt {
        var flag = keeps
        let code = sqlite3_file_control(sqliteConnection, nil, SQLITE_FCNTL_PERSIST_WAL, &flag)
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
        return flag
    }
}
