internal import GRDB

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A copy of a queue.
package struct BackupSummary: Sendable, Equatable {
    /// Bytes of the file.
    package var bytes: Int64
    package var uploads: Int
    /// Uploads whose grant was left out.
    package var grants: Int
}

extension Store {
    /// Copies the queue, as it is at one moment, into a file of its own, without grants.
    ///
    /// Nobody waits for it; but the write-ahead log grows while it reads.
    ///
    /// - Parameters:
    ///   - path: The absolute path of the copy.
    ///   - replaces: Whether a file of that name is replaced, once the copy is whole.
    ///   - now: The time of the copy.
    ///   - progress: Told which part of the rows is copied, 0 to 1.
    /// - Returns: What was copied.
    /// - Throws: ``UploadStoreError`` `refused` where the name is taken, or the queue is in a program's own database. What was begun is removed.
    package func backUp(
        to path: String,
        replaces: Bool,
        now: String,
        progress: @escaping @Sendable (Double) -> Void
    ) async throws -> BackupSummary {
        guard isOwn else {
            throw UploadStoreError(.refused, "\(self.path) is a program's own database; back it up as a whole")
        }
        let file = try CopyFile(path: path, replaces: replaces, of: self.path)
        var isWhole = false
        defer { if !isWhole { file.discard() } }
        let copy = QueueCopy(source: self.path, now: now, progress: progress)
        let count: QueueCopy.Count
        do {
            let connection = try DatabaseQueue(path: file.partial, configuration: Self.copying)
            defer { try? connection.close() }
            count = try await connection.writeWithoutTransaction { db in try copy.write(to: db) }
            try connection.close()
        } catch let error as CancellationError {
            throw error
        } catch {
            // What is full, or cannot be written, is the disk of the copy; nothing else is written.
            let isRead = (error as? DatabaseError)?.resultCode == .SQLITE_CORRUPT
            throw UploadStoreError(error, at: isRead ? self.path : path)
        }
        var information = stat()
        _ = stat(file.partial, &information)
        try file.finish()
        isWhole = true
        return BackupSummary(bytes: Int64(information.st_size), uploads: count.uploads, grants: count.grants)
    }

    private static var copying: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        // The rows come in the order of the tables.
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 0; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0")
        }
        return configuration
    }
}
