internal import GRDB
internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Whether what is written to the open database still gets there.
///
/// Two things end that until it is opened again:
/// - A sync failed. The kernel may then count pages as written that are not on disk, and say at the next sync that all is
///   well (https://www.usenix.org/conference/atc20/presentation/rebello). So nothing that follows is acknowledged.
/// - One of its files was removed or replaced. SQLite goes on with files that have no name any more, and that the next
///   one who opens the database does not find.
final class DatabaseTrust: Sendable {
    private struct File {
        var path: String
        var information: stat

        init?(_ path: String) {
            var information = stat()
            guard stat(path, &information) == 0 else { return nil }
            self.path = path
            self.information = information
        }

        /// Whether the name stands for another file now, or for none.
        var isGone: Bool {
            var now = stat()
            guard stat(path, &now) == 0 else { return errno == ENOENT }
            return now.st_ino != information.st_ino || now.st_dev != information.st_dev
        }
    }

    private struct State {
        var files: [File] = []
        var failure: UploadStoreError?
    }

    private let path: String
    private let state = Mutex(State())

    init(path: String) { self.path = path }

    /// Remembers which files these are: from now on SQLite removes none of them.
    func remember() {
        let files = [path, path + "-wal", path + "-shm"].compactMap(File.init)
        state.withLock { $0.files = files }
    }

    /// Refuses where something written now, or just written, cannot be promised.
    ///
    /// - Throws: ``UploadStoreError``, from the first time on always the same.
    func check() throws {
        let failure = state.withLock { state in
            if state.failure == nil, let file = state.files.first(where: \.isGone) {
                state.failure = UploadStoreError(
                    .cannotOpen,
                    "\(file.path) was removed or replaced while the queue was open; nothing more is written; "
                        + "see that the right files are there, then start again"
                )
            }
            return state.failure
        }
        if let failure { throw failure }
    }

    /// Learns from an error, and says what the caller is told of it.
    func note(_ error: any Error) -> any Error {
        guard let cause = error as? DatabaseError,
            [.SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC].contains(cause.extendedResultCode)
        else { return error }
        let failure = UploadStoreError(
            .inputOutput,
            "\(path) could not be brought to disk; nothing more is written; check the disk, then start again and look "
                + "whether what was asked for last is there",
            cause: error
        )
        return state.withLock { state in
            if state.failure == nil { state.failure = failure }
            return failure
        }
    }

    /// Whether the files lost a name, but the memory with everyone's locks did not.
    var keepsLocksOnly: Bool {
        let files = state.withLock(\.files)
        return files.contains(where: \.isGone) && files.contains { $0.path == path + "-shm" && !$0.isGone }
    }

    /// Takes the names of the log and its memory away, where the database has lost its own.
    ///
    /// SQLite would take the log for one of whatever file gets the database's name.
    func removeLogOfLostDatabase() {
        let files = state.withLock(\.files)
        guard files.contains(where: { $0.path == path && $0.isGone }) else { return }
        for file in files where file.path != path && !file.isGone { _ = unlink(file.path) }
    }
}
