internal import Foundation
public import GRDB
internal import UploadStore

extension UploadQueue {
    /// Opens a queue in a database of your program, beside its own tables.
    ///
    /// Uploads can then be added in your own transactions (``add(_:to:metadata:filename:contentType:options:in:)``): they
    /// exist exactly if the transaction commits. The queue's tables (`upload`, `destination`, `batch`, …) are made at the
    /// first opening, beside yours, by migrations of their own.
    ///
    /// The connection that writes is set to `synchronous = FULL`, `fullfsync = ON` and `secure_delete = ON`, waits up to 10
    /// seconds for other processes unless you chose a `busyMode`, and is checkpointed by the queue in SQLite's stead, until it
    /// is closed: leave `wal_autocheckpoint` and `synchronous` alone. The header of the file (`application_id`,
    /// `user_version`) is left to you, and no copy is made before a migration: make one yourself. A destination that mints,
    /// and a grant, need a file that only its owner can read (mode 0600).
    ///
    /// - Parameter database: The database, on a local filesystem, in WAL mode as a `DatabasePool` makes it.
    /// - Returns: The queue; close the database only after it is gone.
    /// - Throws: ``UploadQueueError`` `another_program` where a table, view, index or trigger of yours has the name of one of
    ///   the queue's, `newer_schema`, `edited_schema`, `network_filesystem`, or `refused` for a queue's own file.
    public static func open(in database: DatabasePool) async throws -> UploadQueue {
        try UploadQueueError.wrapping {
            UploadQueue(store: try Store.open(in: database), work: ChangeSignal())
        }
    }

    /// Adds one file in a transaction of yours: it is in the queue exactly if the transaction commits.
    ///
    /// ```swift
    /// try await database.write { db in
    ///     try db.execute(sql: "INSERT INTO scan (path) VALUES (?)", arguments: [path])
    ///     try queue.add(.file(path), to: "archive", in: db)
    /// }
    /// ```
    ///
    /// The processors of this process go to work with the commit, those of others within a quarter of a second.
    ///
    /// - Parameters:
    ///   - source: The file; not a copy, which could not be undone with the transaction.
    ///   - destination: The name of a saved destination that needs no grant.
    ///   - metadata: tus metadata beside the destination's own; the same key here wins.
    ///   - filename: The name that the server is given; nil stands for the file's own.
    ///   - contentType: The media type that the server is given; nil is told from the name's ending.
    ///   - options: Its order, its batch, and the like.
    ///   - db: The transaction, of the database that the queue was opened in.
    /// - Returns: The upload as it was added; or another one that has its unique key already.
    /// - Throws: ``UploadQueueError`` as for a queue of its own; your transaction is as it was before the call then.
    @discardableResult
    public func add(
        _ source: UploadSource,
        to destination: String,
        metadata: [String: String] = [:],
        filename: String? = nil,
        contentType: String? = nil,
        options: AddOptions = .init(),
        in db: Database
    ) throws -> Upload {
        let order = AddOrder(
            queue: self,
            destination: destination,
            metadata: metadata,
            filename: filename,
            contentType: contentType,
            options: options
        )
        return try UploadQueueError.wrapping {
            do {
                return try order.add(source, in: db)
            } catch let error as DatabaseError {
                throw UploadStoreError(error, at: path)
            }
        }
    }
}

extension AddOrder {
    /// Adds a file in a transaction of the caller.
    fileprivate func add(_ source: UploadSource, in db: Database) throws -> Upload {
        guard !source.isCopied else {
            throw UploadQueueError(.invalidOption, "a copy cannot be undone with a transaction; add the file itself")
        }
        guard db.isInsideTransaction else {
            throw UploadQueueError(.invalidOption, "there is no transaction; add within write { db in … }")
        }
        let upload = try newUpload(source, to: try Store.destination(destination, db).map(Destination.init))
        var added: Upload?
        // One insert and its tags: all of them or none, whatever the caller makes of an error.
        try db.inSavepoint {
            let new = try Store.insert(upload, options.existing, db)
            if new.isNew { try Self.checkIsThere(upload) }
            added = try Store.upload(new.id, db).map { Upload($0, tags: try Store.tags(of: new.id, db)) }
            if new.isNew { queue.store.signalAtCommit(queue.work) }
            return .commit
        }
        guard let added else {
            throw UploadQueueError(.notFound, "the upload of \(source.path) was added and removed again")
        }
        return added
    }
}
