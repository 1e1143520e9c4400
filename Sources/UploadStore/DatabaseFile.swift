internal import GRDB
internal import SystemPackage

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The file on disk, before SQLite may change it.
enum DatabaseFile {
    /// Makes sure that the file may be opened: creates it 0600, or inspects what is there without changing it.
    ///
    /// - Throws: ``UploadStoreError`` when the file is not a queue's, or its place or mode is unsafe.
    static func prepare(path: String) throws {
        try refuseNetwork(path: path)
        var information = stat()
        if lstat(path, &information) != 0 {
            guard errno == ENOENT else { throw UploadStoreError(making: path, Errno(rawValue: errno)) }
            try create(path: path)
        }
        try PlantedFile.refuseLink(at: path)
        guard stat(path, &information) == 0 else { throw UploadStoreError(making: path, Errno(rawValue: errno)) }
        guard information.st_mode & S_IFMT == S_IFREG else {
            throw UploadStoreError(.cannotOpen, "\(path) is not a regular file; name a file for the queue")
        }
        // Its log lies beside the file itself, whatever link led to it.
        let file = try resolve(path)
        try refuseNetwork(path: file)
        for name in names(of: file) { try PlantedFile.refuse(at: name) }
        if information.st_size > 0 {
            try inspect(path: path)
        }
        // Only now: looking at a readable file makes readable files beside it.
        try refuseOpen(path: file)
    }

    /// Refuses a queue whose files others can read, or put there.
    static func refuseOpen(path: String) throws {
        for file in names(of: path) {
            try PlantedFile.refuse(at: file)
            var information = stat()
            guard lstat(file, &information) != 0 || information.st_mode & 0o077 == 0 else {
                throw UploadStoreError(
                    .wrongPermissions,
                    "\(file) can be read by other users, but a queue may hold secrets; run: chmod 600 '\(path)'*"
                )
            }
        }
    }

    /// The file, and those in which SQLite keeps a part of what it holds.
    private static func names(of path: String) -> [String] { ["", "-wal", "-shm", "-journal"].map { path + $0 } }

    /// Whether the file and its log can be read by their owner only.
    static func isPrivate(path: String) -> Bool {
        names(of: path).allSatisfy { file in
            var information = stat()
            return stat(file, &information) != 0 || information.st_mode & 0o077 == 0
        }
    }

    /// The path without symbolic links.
    static func resolve(_ path: String) throws -> String {
        guard let resolved = realpath(path, nil) else { throw UploadStoreError(making: path, Errno(rawValue: errno)) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Refuses a file that another program, a newer version or an edited schema made, without changing it.
    static func inspect(path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            try queue.read { db in try Migration.inspect(db, path: path) }
        } catch let error as DatabaseError
            where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK && wasEmptyBeforeItsJournal(path: path)
        {
            return  // a crash at the first open; the journal makes it an empty file again
        } catch {
            throw UploadStoreError(error, at: path)
        }
    }

    /// Whether a rollback journal belongs to a transaction that found the database empty.
    ///
    /// Its header holds the size that the database had, in pages, at byte 16
    /// (https://www.sqlite.org/fileformat.html, section 3).
    private static func wasEmptyBeforeItsJournal(path: String) -> Bool {
        guard let file = try? FileDescriptor.open(FilePath(path + "-journal"), .readOnly, options: .closeOnExec) else {
            return false
        }
        defer { try? file.close() }
        var pages: [UInt8] = [1, 1, 1, 1]
        let count = try? pages.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 16, into: $0) }
        return count == 4 && pages == [0, 0, 0, 0]
    }

    /// Whether a write-ahead log with something in it lies beside the database.
    static func hasLog(path: String) -> Bool {
        var information = stat()
        return stat(path + "-wal", &information) == 0 && information.st_size > 0
    }

    private static func create(path: String) throws {
        do {
            let file = try FileDescriptor.open(
                FilePath(path),
                .readWrite,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite]
            )
            try file.close()
            try syncFolder(of: path)
        } catch Errno.fileExists {
            return  // another process was faster
        } catch {
            throw UploadStoreError(making: path, error)
        }
    }

    /// Makes the name of a file durable.
    static func syncFolder(of path: String) throws {
        let folder = try FileDescriptor.open(directory(of: path), .readOnly, options: [.directory, .closeOnExec])
        defer { try? folder.close() }
        guard fsync(folder.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }

    static func directory(of path: String) -> FilePath {
        let folder = FilePath(path).removingLastComponent()
        return folder.isEmpty ? "." : folder
    }

    /// WAL needs memory shared between all users of the file, which a network filesystem does not give.
    static func refuseNetwork(path: String) throws {
        var information = stat()
        guard stat(directory(of: path).string, &information) == 0 else {
            throw UploadStoreError(making: path, Errno(rawValue: errno))
        }
        #if os(Linux)
        let mounts = (try? String(contentsOf: URL(filePath: "/proc/self/mountinfo"), encoding: .utf8)) ?? ""
        guard let name = networkFilesystem(of: UInt64(information.st_dev), mounts: mounts) else { return }
        throw UploadStoreError(
            .networkFilesystem,
            "\(path) is on a network filesystem (\(name)), where SQLite cannot keep it safe; put it on a local disk"
        )
        #endif
    }

    /// The type of a device's filesystem, nil where it is local or unknown.
    ///
    /// - Parameters:
    ///   - device: `st_dev` of stat(2).
    ///   - mounts: The text of `/proc/self/mountinfo` (proc_pid_mountinfo(5)).
    /// - Returns: The type as mountinfo spells it.
    static func networkFilesystem(of device: UInt64, mounts: String) -> String? {
        let major = device >> 8 & 0xFFF
        let minor = device & 0xFF | device >> 12 & 0xFFF00
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2, fields[2] == "\(major):\(minor)", let dash = fields.firstIndex(of: "-"),
                dash + 1 < fields.count
            else { continue }
            let type = String(fields[dash + 1])
            return networkTypes.contains(type) || type.hasPrefix("fuse.") ? type : nil
        }
        return nil
    }

    private static let networkTypes: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "lustre", "ocfs2", "gfs2", "ncpfs", "fuse",
    ]
}
