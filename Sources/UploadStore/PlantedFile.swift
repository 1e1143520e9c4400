internal import SystemPackage

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A file that somebody else put where the queue keeps one of its own.
///
/// Whoever may write in a folder can make a link or a file there before the queue does. The queue would then write into a
/// file of their choice, or into one that they can read.
enum PlantedFile {
    /// Refuses a file of the queue that is a link, has another name too, or belongs to another user.
    ///
    /// - Parameters:
    ///   - path: The path; where nothing is there, all is well.
    ///   - information: What `fstat` says of it once it is open; without it, the name is looked at.
    /// - Throws: ``UploadStoreError`` `untrusted_file`.
    static func refuse(at path: String, _ information: stat? = nil) throws {
        var found = stat()
        if let information {
            found = information
        } else if lstat(path, &found) != 0 {
            return
        }
        guard found.st_mode & S_IFMT == S_IFREG else {
            throw refusal(path, "is a link or no regular file, and the queue would write to it; remove it")
        }
        guard isTrusted(found, at: path) else {
            throw refusal(
                path,
                "belongs to another user (\(found.st_uid)), who could read or change what the queue keeps; remove it, or run "
                    + "as that user"
            )
        }
        guard found.st_nlink <= 1 else {
            throw refusal(
                path,
                "has another name too (a hard link), by which it can be read or changed; remove that name, or make a copy"
            )
        }
    }

    /// Refuses a link that somebody else made; those of this user may lead to the queue.
    static func refuseLink(at path: String) throws {
        var found = stat()
        guard lstat(path, &found) == 0, found.st_mode & S_IFMT == S_IFLNK, !isTrusted(found, at: path) else { return }
        throw refusal(path, "is a link that another user (\(found.st_uid)) made; name the file itself")
    }

    private static func isTrusted(_ found: stat, at path: String) -> Bool {
        var folder = stat()
        _ = stat(DatabaseFile.directory(of: path).string, &folder)
        return isTrusted(owner: found.st_uid, folderOwner: folder.st_uid, user: geteuid())
    }

    /// Whether a user may use what somebody owns.
    ///
    /// Root can read and change everything anyway. And root looks after the queues of others, in folders of theirs.
    static func isTrusted(owner: uid_t, folderOwner: uid_t, user: uid_t) -> Bool {
        owner == user || owner == 0 || (user == 0 && owner == folderOwner)
    }

    private static func refusal(_ path: String, _ reason: String) -> UploadStoreError {
        UploadStoreError(.untrustedFile, "\(path) \(reason)")
    }
}
