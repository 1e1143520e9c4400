import Foundation

/// The files of the queue itself, which are not uploaded with the folder that they are in.
struct OwnFiles: Sendable {
    /// The database, without symbolic links in its path.
    let database: String

    /// Whether a path leads to one of them, by whatever links.
    func contain(_ path: String) -> Bool {
        guard let real = realpath(path, nil) else { return false }
        defer { free(real) }
        let found = String(cString: real).utf8
        guard found.starts(with: database.utf8) else { return false }
        let rest = String(decoding: found.dropFirst(database.utf8.count), as: UTF8.self)
        return ["", "-wal", "-shm", "-journal", ".spool"].contains(rest)
            || [".spool/", ".worker-", ".schema-"].contains(where: rest.hasPrefix)
    }
}
