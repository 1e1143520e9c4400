internal import GRDB
internal import SystemPackage

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A copy of a queue as it was before its schema changed, without the secrets in it.
enum SchemaCopy {
    /// What stands in the copy for the URL of an upload with a grant, where the schema wants one; it leads nowhere (RFC 2606).
    static let erasedURL = "https://erased.invalid/"

    /// The path of the copy of a schema version.
    static func path(of database: String, version: Int) -> String { "\(database).schema-\(version)" }

    /// Makes the copy, durable, beside the file; one of an earlier try is replaced by a whole one.
    ///
    /// The caller holds the write lock, so that nobody changes the file or makes the same copy meanwhile.
    ///
    /// - Throws: ``UploadStoreError``, and leaves nothing behind.
    static func make(of database: String, version: Int) throws {
        let copy = path(of: database, version: version)
        let unfinished = copy + ".unfinished"
        // A process that was killed may have left one.
        unlink(unfinished)
        do {
            try create(unfinished, beside: database)
            try copyContent(of: database, to: unfinished)
            try eraseSecrets(in: unfinished)
            try sync(unfinished)
            guard rename(unfinished, copy) == 0 else { throw Errno(rawValue: errno) }
            try DatabaseFile.syncFolder(of: copy)
        } catch {
            unlink(unfinished)
            let reason = error is Errno ? UploadStoreError(making: copy, error) : UploadStoreError(error, at: copy)
            throw UploadStoreError(
                reason.code,
                "the schema of \(database) is older, and is not changed without a copy: \(reason.message)",
                cause: reason.cause
            )
        }
    }

    /// SQLite gives the files that it makes itself a mode that lets others read them.
    private static func create(_ path: String, beside database: String) throws {
        let file = try FileDescriptor.open(
            FilePath(path),
            .readWrite,
            options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: [.ownerReadWrite]
        )
        defer { try? file.close() }
        try DatabaseOwner.give(file, beside: database)
    }

    /// Only what the tables hold is copied: nothing of free pages, where erased rows may still stand.
    private static func copyContent(of database: String, to copy: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        let source = try DatabaseQueue(path: database, configuration: configuration)
        defer { try? source.close() }
        try source.inDatabase { db in try db.execute(sql: "VACUUM INTO ?", arguments: [copy]) }
    }

    private static func eraseSecrets(in path: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { db in
            // A file that is not finished needs no journal, which would hold what is erased.
            try db.execute(sql: "PRAGMA journal_mode = MEMORY; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF")
        }
        let copy = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? copy.close() }
        try copy.write { db in
            // Those of any version: what they guard is a queue that is worked.
            let triggers = try Row.fetchAll(db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            for trigger in triggers {
                try db.execute(sql: "DROP TRIGGER \((trigger["name"] as String).quotedDatabaseIdentifier)")
            }
            try db.execute(
                sql: """
                    UPDATE upload SET upload_token = NULL, endpoint = NULL, upload_url = iif(upload_url IS NULL, NULL, ?)
                    WHERE upload_token IS NOT NULL
                    """,
                arguments: [erasedURL]
            )
            for trigger in triggers { try db.execute(sql: trigger["sql"]) }
        }
    }

    private static func sync(_ path: String) throws {
        let file = try FileDescriptor.open(FilePath(path), .readWrite, options: .closeOnExec)
        defer { try? file.close() }
        #if canImport(Darwin)
        guard fcntl(file.rawValue, F_FULLFSYNC) == 0 else { throw Errno(rawValue: errno) }
        #else
        guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
        #endif
    }
}
