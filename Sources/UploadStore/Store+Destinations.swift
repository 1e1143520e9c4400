package import GRDB

extension Store {
    /// Stores a destination, or changes the one of that name; limits that are not given stay as they are.
    ///
    /// - Throws: ``UploadStoreError`` `wrong_permissions` where it mints and others can read the file.
    package func save(_ destination: DestinationRow) async throws {
        if destination.mints { try checkKeepsSecrets() }
        try await commits.write { db in
            let values: StatementArguments = [
                destination.endpoint, destination.headers, destination.metadata, destination.chunkSize,
                destination.finalize, destination.configuration, destination.mints, destination.limits.concurrency,
                destination.limits.bytesPerSecond, destination.maxAttempts, destination.longestDelay, destination.name,
            ]
            try db.execute(
                sql: """
                    UPDATE destination SET endpoint = ?, headers = ?, metadata = ?, chunk_size = ?, finalize = ?,
                        configuration = ?, mints = ?, concurrency = coalesce(?, concurrency),
                        bytes_per_second = coalesce(?, bytes_per_second), max_attempts = ?, longest_delay = ?
                    WHERE name = ?
                    """,
                arguments: values
            )
            guard db.changesCount == 0 else { return }
            try db.execute(
                sql: """
                    INSERT INTO destination (endpoint, headers, metadata, chunk_size, finalize, configuration, mints,
                        concurrency, bytes_per_second, max_attempts, longest_delay, name)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: values
            )
        }
    }

    /// Every destination, by name.
    package func destinations() async throws -> [DestinationRow] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM destination ORDER BY name").map(DestinationRow.init)
        }
    }

    /// One destination, nil where there is none of that name.
    package func destination(_ name: String) async throws -> DestinationRow? {
        try await read { db in try Self.destination(name, db) }
    }

    /// One destination, read in a transaction of the caller.
    package static func destination(_ name: String, _ db: Database) throws -> DestinationRow? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT * FROM destination WHERE name = ?"), arguments: [name])
            .map(DestinationRow.init)
    }

    /// Removes a destination that no upload uses.
    ///
    /// - Throws: ``UploadStoreError`` `refused` when uploads use it, `not_found` when there is none of that name.
    package func removeDestination(_ name: String) async throws {
        try await commits.write { db in
            try db.execute(sql: "DELETE FROM destination WHERE name = ?", arguments: [name])
            guard db.changesCount == 1 else {
                throw UploadStoreError(.notFound, "there is no destination \(name)")
            }
        }
    }

    /// Keeps every upload of a destination back until a time, or longer where that was said before.
    ///
    /// - Parameters:
    ///   - name: The destination.
    ///   - until: The time.
    ///   - horizon: What lies beyond it was said by a clock that was ahead, and counts no more.
    /// - Throws: ``UploadStoreError``.
    package func pauseDestination(_ name: String, until: String, horizon: String) async throws {
        try await commits.write { db in
            try db.execute(
                sql: """
                    UPDATE destination SET retry_at = CASE
                        WHEN retry_at > :until AND retry_at <= :horizon THEN retry_at ELSE :until END
                    WHERE name = :name
                    """,
                arguments: ["until": until, "horizon": horizon, "name": name]
            )
        }
    }
}
