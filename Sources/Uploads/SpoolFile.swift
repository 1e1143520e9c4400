internal import SystemPackage
internal import UploadStore

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A copy of the queue's own that is being written.
final class SpoolFile: Sendable {
    let descriptor: SystemPackage.FileDescriptor
    private let name: String
    private let hold: Spool.Hold

    /// Makes an empty file that only the owner of the database can read.
    init(_ hold: Spool.Hold) throws {
        self.hold = hold
        name = hold.spool.newName()
        let file = openat(hold.folder.rawValue, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failure(hold.spool.folder, Errno(rawValue: errno)) }
        descriptor = SystemPackage.FileDescriptor(rawValue: file)
        do {
            try DatabaseOwner.give(descriptor, beside: hold.spool.databasePath)
        } catch let reason as Errno {
            discard()
            throw Self.failure(hold.spool.folder, reason)
        }
    }

    deinit { try? descriptor.close() }

    /// Writes what comes next.
    func append(_ bytes: some Sequence<UInt8>) throws {
        do {
            try descriptor.writeAll(bytes)
        } catch let reason as Errno {
            throw Self.failure(hold.spool.folder, reason)
        }
    }

    /// Brings the file and its name to disk, and tells what it is.
    func finish() throws -> Spool.Copy {
        guard fsync(descriptor.rawValue) == 0, fsync(hold.folder.rawValue) == 0 else {
            throw Self.failure(hold.spool.folder, Errno(rawValue: errno))
        }
        let path = "\(hold.spool.folder)/\(name)"
        return Spool.Copy(path: path, identity: try SourceFile.identity(of: descriptor, at: path))
    }

    /// Removes the file.
    func discard() { unlinkat(hold.folder.rawValue, name, 0) }

    static func failure(_ folder: String, _ reason: Errno) -> UploadQueueError {
        [.noSpace, .diskQuotaExceeded].contains(reason)
            ? UploadQueueError(
                .diskFull,
                "the disk of \(folder) is full; nothing was added; make room and try again",
                cause: reason
            )
            : UploadQueueError(.inputOutput, "\(folder) cannot be written: \(reason)", cause: reason)
    }
}
