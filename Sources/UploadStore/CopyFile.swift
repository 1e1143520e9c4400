internal import SystemPackage

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The file of a copy: made under a name of its own, and given the wanted one when it is whole and on disk.
struct CopyFile {
    /// The name that it gets.
    let path: String
    /// The name that it has until then.
    let partial: String
    private let replaces: Bool

    /// Makes the file, with mode 0600.
    ///
    /// - Parameters:
    ///   - path: An absolute path.
    ///   - replaces: Whether a file of that name is replaced.
    ///   - database: The queue's own file, which is never replaced.
    /// - Throws: ``UploadStoreError`` `refused` where the name is taken.
    init(path: String, replaces: Bool, of database: String) throws {
        self.path = path
        self.replaces = replaces
        let name = String(UInt64.random(in: .min ... .max), radix: 36)
        partial = "\(path).partial-\(name)"
        try Self.check(path, replaces: replaces, of: database)
        do {
            try FileDescriptor.open(
                FilePath(partial),
                .readWrite,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite]
            ).close()
        } catch {
            throw UploadStoreError(making: path, error)
        }
    }

    private static func check(_ path: String, replaces: Bool, of database: String) throws {
        var (there, own) = (stat(), stat())
        if lstat(path, &there) == 0 {
            guard there.st_mode & S_IFMT == S_IFREG else {
                throw UploadStoreError(.refused, "\(path) is no regular file; name another one for the copy")
            }
            guard replaces else { throw taken(path) }
            let folder = DatabaseFile.directory(of: path).string
            let resolved = (try? DatabaseFile.resolve(folder)).map {
                "\($0)/\(FilePath(path).lastComponent?.string ?? "")"
            }
            let belongs = ["-wal", "-shm", "-journal"].contains { resolved == database + $0 }
            let isDatabase = stat(database, &own) == 0 && own.st_ino == there.st_ino && own.st_dev == there.st_dev
            guard !belongs, !isDatabase else {
                throw UploadStoreError(.refused, "\(path) belongs to the queue itself; name another file for the copy")
            }
        }
        // SQLite would take what they hold for a part of the copy.
        for file in [path + "-wal", path + "-journal"] where lstat(file, &there) == 0 {
            throw UploadStoreError(
                .refused,
                "\(file) belongs to another database of this name; name another file, or remove it when nothing uses it"
            )
        }
    }

    private static func taken(_ path: String) -> UploadStoreError {
        UploadStoreError(
            .refused,
            "\(path) exists already, and was left as it is; name another file, or replace it (--force)"
        )
    }

    /// Puts the file on disk, and gives it its name.
    func finish() throws {
        do {
            let file = try FileDescriptor.open(FilePath(partial), .readWrite, options: .closeOnExec)
            defer { try? file.close() }
            #if canImport(Darwin)
            guard fcntl(file.rawValue, F_FULLFSYNC) == 0 || fsync(file.rawValue) == 0 else {
                throw Errno(rawValue: errno)
            }
            #else
            guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            #endif
            try rename()
            try DatabaseFile.syncFolder(of: path)
        } catch Errno.fileExists {
            throw Self.taken(path)
        } catch {
            throw UploadStoreError(making: path, error)
        }
    }

    private func rename() throws {
        // A link, unlike a rename, replaces nothing, whoever made a file of that name meanwhile.
        if !replaces {
            if link(partial, path) == 0 {
                _ = unlink(partial)
                return
            }
            let reason = Errno(rawValue: errno)
            // Some filesystems have no links.
            var information = stat()
            guard reason != .fileExists, lstat(path, &information) != 0 else { throw Errno.fileExists }
        }
        guard systemRename(partial, path) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Removes what there is of it.
    func discard() {
        for ending in ["", "-journal", "-wal", "-shm"] { _ = unlink(partial + ending) }
    }
}

private func systemRename(_ old: String, _ new: String) -> Int32 {
    #if canImport(Darwin)
    Darwin.rename(old, new)
    #elseif canImport(Glibc)
    Glibc.rename(old, new)
    #elseif canImport(Musl)
    Musl.rename(old, new)
    #endif
}
