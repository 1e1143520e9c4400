internal import SystemPackage

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A lock that the kernel holds for as long as its process lives: the proof that a worker is alive.
///
/// It is a file of its own beside the database, since closing the database file would drop SQLite's locks. Worker ids
/// are never used twice, so removing a dead worker's file cannot hit a living one's.
final class WorkerLock: Sendable {
    private let file: FileDescriptor
    private let path: String

    /// Takes the lock of a worker.
    ///
    /// - Returns: Nil when another process (or another processor in this one) holds it.
    init?(databasePath: String, workerID: Int64) throws {
        path = "\(databasePath).worker-\(workerID)"
        // Not a stored property before it is locked: an initializer that fails with all of them set runs deinit, which
        // would close the file again, and with it whatever another thread opened meanwhile.
        guard let file = try Self.lockedFile(path, beside: databasePath) else { return nil }
        self.file = file
    }

    private static func lockedFile(_ path: String, beside database: String) throws -> FileDescriptor? {
        let file = try opened(path, beside: database)
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            let reason = Errno(rawValue: errno)
            try file.close()
            if reason == .wouldBlock { return nil }
            throw reason
        }
        return file
    }

    /// Opens the file, or makes it, whoever removes or makes it meanwhile.
    private static func opened(_ path: String, beside database: String) throws -> FileDescriptor {
        for _ in 0..<100 {
            do { return try found(path) } catch Errno.noSuchFileOrDirectory {}
            do { return try made(path, beside: database) } catch Errno.fileExists {}
        }
        throw Errno.resourceBusy
    }

    private static func made(_ path: String, beside database: String) throws -> FileDescriptor {
        let file = try FileDescriptor.open(
            FilePath(path),
            .readWrite,
            options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
            permissions: [.ownerReadWrite]
        )
        do {
            try DatabaseOwner.give(file, beside: database)
            return file
        } catch {
            try? file.close()
            _ = unlink(path)
            throw error
        }
    }

    /// Opens the file that is there; one that somebody else put there is refused.
    private static func found(_ path: String) throws -> FileDescriptor {
        do {
            let file = try FileDescriptor.open(FilePath(path), .readWrite, options: [.noFollow, .closeOnExec])
            do {
                var information = stat()
                guard fstat(file.rawValue, &information) == 0 else { throw Errno(rawValue: errno) }
                try PlantedFile.refuse(at: path, information)
                return file
            } catch {
                try? file.close()
                throw error
            }
        } catch Errno.tooManySymbolicLinkLevels {
            try PlantedFile.refuse(at: path)
            throw Errno.tooManySymbolicLinkLevels
        }
    }

    deinit { try? file.close() }

    /// Sets the file's time to now.
    func touch() { _ = futimens(file.rawValue, nil) }

    /// Removes the file of a worker whose row is gone.
    func remove() { _ = unlink(path) }
}
