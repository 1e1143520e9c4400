import Foundation

/// The files of a queue, as the disk has them.
struct DatabaseFiles: Sendable {
    private let path: String

    /// - Parameter path: The database; links in it are followed.
    init(_ path: String) { self.path = URL(filePath: path).resolvingSymlinksInPath().path }

    /// Bytes of the database.
    var size: Int64 { Self.size(path) }

    /// Bytes of the write-ahead log.
    var logSize: Int64 { Self.size(path + "-wal") }

    /// Bytes that are free on its disk for this user; nil where nobody tells.
    var free: Int64? {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        return (attributes?[.systemFreeSize] as? NSNumber)?.int64Value
    }

    /// Those of them that others can read or write; a link leads to a file that is not the queue's.
    var notPrivate: [String] {
        ["", "-wal", "-shm", "-journal"].map { path + $0 }.filter { file in
            let attributes = try? FileManager.default.attributesOfItem(atPath: file)
            let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
            return attributes?[.type] as? FileAttributeType == .typeRegular && mode & 0o077 != 0
        }
    }

    /// Their folder, where anybody can give the files' names to others.
    var openFolder: String? {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let mode = (try? FileManager.default.attributesOfItem(atPath: folder))?[.posixPermissions] as? NSNumber
        let isSticky = (mode?.intValue ?? 0) & 0o1000 != 0
        return (mode?.intValue ?? 0) & 0o002 != 0 && !isSticky ? folder : nil
    }

    /// Takes their rights from all but the owner.
    func makePrivate() throws {
        for file in notPrivate {
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        }
    }

    private static func size(_ file: String) -> Int64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        return (attributes?[.size] as? NSNumber)?.int64Value ?? 0
    }
}
