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

    /// Those of them that others can read or write.
    var notPrivate: [String] {
        [path, path + "-wal", path + "-shm"].filter { file in
            let mode = (try? FileManager.default.attributesOfItem(atPath: file))?[.posixPermissions] as? NSNumber
            return (mode?.intValue ?? 0) & 0o077 != 0
        }
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
