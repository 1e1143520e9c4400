internal import GRDB

/// Which uploads to list.
package struct UploadFilter: Sendable {
    /// Empty: any.
    package var statuses: [Status]
    package var destination: String?
    /// Only those whose last error has this code.
    package var errorCode: String?
    /// Only those that were added or finished at or after this time.
    package var since: String?
    /// Only ids above this one.
    package var after: Int64
    /// 1 or more.
    package var limit: Int

    package init(
        statuses: [Status] = [],
        destination: String? = nil,
        errorCode: String? = nil,
        since: String? = nil,
        after: Int64 = 0,
        limit: Int = 1000
    ) {
        self.statuses = statuses
        self.destination = destination
        self.errorCode = errorCode
        self.since = since
        self.after = after
        self.limit = limit
    }
}

/// One line of the view `queue_summary`.
package struct StatusSummary: Sendable, Equatable {
    package var status: Status
    package var uploads: Int
    package var bytesThere: Int64
    package var bytes: Int64
}

/// What a reading statement gave, as text.
package struct QueryResult: Sendable {
    package var columns: [String]
    package var rows: [[String]]
}

extension Store {
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw UploadStoreError(error, at: path)
        }
    }

    /// One upload, nil where there is none.
    package func upload(_ id: Int64) async throws -> UploadRow? {
        try await read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM upload WHERE id = ?", arguments: [id]).map(UploadRow.init)
        }
    }

    /// Uploads by ascending id.
    package func uploads(matching filter: UploadFilter) async throws -> [UploadRow] {
        try await read { db in
            var sql = "SELECT * FROM upload WHERE id > ?"
            var arguments: StatementArguments = [filter.after]
            if !filter.statuses.isEmpty {
                sql += " AND status IN (\(filter.statuses.map { _ in "?" }.joined(separator: ", ")))"
                arguments += StatementArguments(filter.statuses.map(\.rawValue))
            }
            if let destination = filter.destination {
                sql += " AND destination = ?"
                arguments += [destination]
            }
            if let code = filter.errorCode {
                sql += " AND last_error_code = ?"
                arguments += [code]
            }
            if let since = filter.since {
                sql += " AND (created_at >= ? OR finished_at >= ?)"
                arguments += [since, since]
            }
            sql += " ORDER BY id LIMIT ?"
            arguments += [max(1, filter.limit)]
            return try Row.fetchAll(db, sql: sql, arguments: arguments).map(UploadRow.init)
        }
    }

    /// What happened after an event, oldest first.
    package func events(after sequence: Int64, uploadID: Int64? = nil, limit: Int = 1000) async throws -> [EventRow] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM upload_event WHERE seq > ? AND (? IS NULL OR upload_id = ?) ORDER BY seq LIMIT ?
                    """,
                arguments: [sequence, uploadID, uploadID, max(1, limit)]
            ).map(EventRow.init)
        }
    }

    /// Counts and bytes of each status that occurs.
    package func summary() async throws -> [StatusSummary] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT status, count(*) AS uploads, coalesce(sum(upload_offset), 0) AS there,
                        coalesce(sum(upload_length), 0) AS bytes FROM upload GROUP BY status
                    """
            ).compactMap { row in
                Status(rawValue: row["status"]).map {
                    StatusSummary(status: $0, uploads: row["uploads"], bytesThere: row["there"], bytes: row["bytes"])
                }
            }
        }
    }

    /// When the next pending upload that is not due yet becomes due; nil when there is none.
    package func nextDue(after now: String) async throws -> String? {
        try await read { db in
            try String.fetchOne(
                db,
                sql: """
                    SELECT min(max(coalesce(upload.not_before, ''), coalesce(upload.retry_at, ''),
                                   coalesce(destination.retry_at, '')))
                    FROM upload JOIN destination ON destination.name = upload.destination
                    WHERE status = 'pending'
                      AND max(coalesce(upload.not_before, ''), coalesce(upload.retry_at, ''),
                              coalesce(destination.retry_at, '')) > ?
                    """,
                arguments: [now]
            )
        }
    }

    /// Runs a reading statement as a person would type it.
    ///
    /// - Returns: The rows as text; NULL is empty.
    package func query(_ sql: String) async throws -> QueryResult {
        try await read { db in
            do {
                let statement = try db.makeStatement(sql: sql)
                let rows = try Row.fetchAll(statement).map { row in Array(row.databaseValues.map(Self.text)) }
                return QueryResult(columns: Array(statement.columnNames), rows: rows)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_READONLY {
                throw UploadStoreError(.refused, "a query only reads", cause: error)
            }
        }
    }

    private static func text(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .null: ""
        case .int64(let number): String(number)
        case .double(let number): String(number)
        case .string(let text): text
        case .blob(let data): "\(data.count) bytes"
        }
    }
}
