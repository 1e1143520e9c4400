package import GRDB

/// Which uploads to list.
package struct UploadFilter: Sendable {
    /// Empty: any.
    package var statuses: [Status]
    package var destination: String?
    /// Only those whose last error has this code.
    package var errorCode: String?
    /// Only those that were added or finished at or after this time.
    package var since: String?
    package var batch: String?
    package var tag: String?
    /// Only ids above this one.
    package var after: Int64
    /// 1 or more.
    package var limit: Int

    package init(
        statuses: [Status] = [],
        destination: String? = nil,
        errorCode: String? = nil,
        since: String? = nil,
        batch: String? = nil,
        tag: String? = nil,
        after: Int64 = 0,
        limit: Int = 1000
    ) {
        self.statuses = statuses
        self.destination = destination
        self.errorCode = errorCode
        self.since = since
        self.batch = batch
        self.tag = tag
        self.after = after
        self.limit = limit
    }
}

/// Which events to list.
package struct EventFilter: Sendable {
    /// Only later ones.
    package var after: Int64 = 0
    package var uploadID: Int64?
    /// Only these words; empty: any.
    package var events: [String] = []
    /// How the upload stood afterwards; empty: any.
    package var statuses: [Status] = []
    package var errorCode: String?
    /// Only those at or after this time.
    package var since: String?
    /// Of uploads that are there still.
    package var destination: String?
    package var batch: String?
    package var tag: String?
    /// 1 or more.
    package var limit = 1000

    package init(after: Int64 = 0, uploadID: Int64? = nil, limit: Int = 1000) {
        self.after = after
        self.uploadID = uploadID
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

extension StatusSummary {
    init?(_ row: Row) {
        guard let status = Status(rawValue: row["status"]) else { return nil }
        self.init(status: status, uploads: row["uploads"], bytesThere: row["there"], bytes: row["bytes"])
    }
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
        try await read { db in try Self.upload(id, db) }
    }

    /// One upload, read in a transaction of the caller.
    package static func upload(_ id: Int64, _ db: Database) throws -> UploadRow? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT * FROM upload WHERE id = ?"), arguments: [id])
            .map(UploadRow.init)
    }

    /// Uploads by ascending id.
    package func uploads(matching filter: UploadFilter) async throws -> [UploadRow] {
        try await read { db in
            // A status at a time: by its index, so that few among a million are found at once.
            let rows = try (filter.statuses.isEmpty ? [nil] : filter.statuses.map(Optional.some)).flatMap { status in
                let (condition, arguments) = Self.condition(filter, status)
                // Those in hand are few, and SQLite cannot know: it would go through all ids.
                let index = status == .processing ? "INDEXED BY upload_processing" : ""
                return try Row.fetchAll(
                    db,
                    sql: """
                        SELECT * FROM upload \(index) WHERE \(condition) ORDER BY id LIMIT \(max(1, filter.limit))
                        """,
                    arguments: arguments
                ).map(UploadRow.init)
            }
            guard filter.statuses.count > 1 else { return rows }
            return Array(rows.sorted { $0.id < $1.id }.prefix(max(1, filter.limit)))
        }
    }

    static func condition(_ filter: UploadFilter, _ status: Status?) -> (sql: String, arguments: StatementArguments) {
        var sql = "id > ?"
        var arguments: StatementArguments = [filter.after]
        func add(_ condition: String, _ values: (any DatabaseValueConvertible)?...) {
            sql += " AND \(condition)"
            arguments += StatementArguments(values)
        }
        // Written out, so that an index over a part of the table can be used.
        if let status { sql += " AND status = '\(status.rawValue)'" }
        if let destination = filter.destination { add("destination = ?", destination) }
        if let code = filter.errorCode { add("last_error_code = ?", code) }
        if let since = filter.since { add("(created_at >= ? OR finished_at >= ?)", since, since) }
        if let batch = filter.batch { add("batch = ? AND batch <> ''", batch) }
        if let tag = filter.tag { add("id IN (SELECT upload_id FROM upload_tag WHERE tag = ?)", tag) }
        return (sql, arguments)
    }

    /// The tags of uploads, by id; those without any are left out.
    package func tags(of ids: [Int64]) async throws -> [Int64: [String]] {
        try await read { db in
            var tags: [Int64: [String]] = [:]
            for id in ids {
                let own = try Self.tags(of: id, db)
                if !own.isEmpty { tags[id] = own }
            }
            return tags
        }
    }

    /// The tags of an upload, read in a transaction of the caller.
    package static func tags(of id: Int64, _ db: Database) throws -> [String] {
        let sql = "SELECT tag FROM upload_tag WHERE upload_id = ? ORDER BY tag"
        return try String.fetchAll(db.cachedStatement(sql: sql), arguments: [id])
    }

    /// What happened after an event, oldest first.
    package func events(after sequence: Int64, uploadID: Int64? = nil, limit: Int = 1000) async throws -> [EventRow] {
        try await events(matching: EventFilter(after: sequence, uploadID: uploadID, limit: limit))
    }

    /// What happened, oldest first.
    package func events(matching filter: EventFilter) async throws -> [EventRow] {
        try await read { db in
            var sql = "SELECT * FROM upload_event WHERE seq > ?"
            var arguments: StatementArguments = [filter.after]
            func add(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
                guard let value else { return }
                sql += " AND \(condition)"
                arguments += [value]
            }
            func add(_ column: String, in values: [String]) {
                guard !values.isEmpty else { return }
                sql += " AND \(column) IN (\(values.map { _ in "?" }.joined(separator: ", ")))"
                arguments += StatementArguments(values)
            }
            add("upload_id = ?", filter.uploadID)
            add("event", in: filter.events)
            add("status", in: filter.statuses.map(\.rawValue))
            add("error_code = ?", filter.errorCode)
            add("at >= ?", filter.since)
            add("(SELECT destination FROM upload WHERE id = upload_id) = ?", filter.destination)
            add("coalesce(batch, (SELECT batch FROM upload WHERE id = upload_id)) = ?", filter.batch)
            add("upload_id IN (SELECT upload_id FROM upload_tag WHERE tag = ?)", filter.tag)
            sql += " ORDER BY seq LIMIT \(max(1, filter.limit))"
            return try Row.fetchAll(db, sql: sql, arguments: arguments).map(EventRow.init)
        }
    }

    /// Counts and bytes of each status that occurs.
    package func summary() async throws -> [StatusSummary] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT status, sum(uploads) AS uploads, sum(bytes_there) AS there, sum(bytes) AS bytes
                    FROM upload_count GROUP BY status
                    """
            ).compactMap(StatusSummary.init)
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
