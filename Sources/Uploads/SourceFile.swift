internal import NIOCore
internal import SystemPackage
internal import UploadStore

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A source file that is open for reading, and known to be the one that was added.
final class SourceFile: Sendable {
    /// Why a source cannot be used.
    struct Failure: Error {
        var code: String
        var message: String
        /// Whether it may pass by itself, as too many open files do.
        var isPassing = false
    }

    let path: String
    let descriptor: SystemPackage.FileDescriptor

    /// Opens a file for reading.
    init(path: String) throws {
        self.path = path
        do {
            // Without waiting: a FIFO without a writer would block for ever.
            descriptor = try SystemPackage.FileDescriptor.open(
                FilePath(path),
                .readOnly,
                options: [.closeOnExec, .nonBlocking]
            )
        } catch let reason as Errno {
            throw Self.failure(path, reason)
        }
    }

    deinit { try? descriptor.close() }

    /// What the open file is.
    func identity() throws -> SourceIdentity { try Self.identity(of: descriptor, at: path) }

    /// Whether the open file, and the one at its path, is still the one that was added.
    func isUnchanged(_ expected: SourceIdentity) throws -> Bool {
        let open = try identity()
        let named = try Self.identity(of: path)
        return open.isSame(as: expected) && named.isSame(as: expected)
    }

    /// Fails when the open file, or the one at its path, is no longer the one that was added.
    func check(_ expected: SourceIdentity) throws {
        guard try isUnchanged(expected) else {
            throw Failure(
                code: "source_changed",
                message: "\(path) changed after it was added; its upload stopped so that two versions are not mixed; "
                    + "retry uploads the file as it is now, from the beginning"
            )
        }
    }

    /// Keeps other workers from the file while it is open; false where another one does.
    func lock() -> Bool {
        while flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            // Some network filesystems lock only what is open for writing.
            return errno != EWOULDBLOCK
        }
        return true
    }

    /// Reads a range, all of it.
    func read(_ range: Range<Int64>) throws -> ByteBuffer {
        let count = Int(range.upperBound - range.lowerBound)
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        while buffer.readableBytes < count {
            let left = count - buffer.readableBytes
            let offset = range.lowerBound + Int64(buffer.readableBytes)
            let read = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: left) { bytes in
                try descriptor.read(
                    fromAbsoluteOffset: offset,
                    into: UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(left))
                )
            }
            guard read > 0 else {
                throw Failure(code: "source_changed", message: "\(path) became shorter while it was read")
            }
        }
        return buffer
    }

    /// What the file at a path is.
    static func identity(of path: String) throws -> SourceIdentity {
        guard path.utf8.count <= 4096, !path.utf8.contains(0) else {
            throw Failure(code: "source_missing", message: "the path is longer than 4,096 bytes or holds a zero byte")
        }
        var information = stat()
        guard stat(path, &information) == 0 else { throw failure(path, Errno(rawValue: errno)) }
        let identity = try identity(information, path)
        guard access(path, R_OK) == 0 else { throw failure(path, Errno(rawValue: errno)) }
        return identity
    }

    /// What an open file is.
    static func identity(of descriptor: SystemPackage.FileDescriptor, at path: String) throws -> SourceIdentity {
        var information = stat()
        guard fstat(descriptor.rawValue, &information) == 0 else { throw failure(path, Errno(rawValue: errno)) }
        return try identity(information, path)
    }

    /// What a file is, by what stat(2) said of it.
    static func identity(_ information: stat, _ path: String) throws -> SourceIdentity {
        switch information.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR:
            throw Failure(code: "source_not_a_file", message: "\(path) is a directory; name the files in it")
        default:
            throw Failure(
                code: "source_not_a_file",
                message: "\(path) is no regular file (but a pipe, a socket or a device); name one to upload"
            )
        }
        #if canImport(Darwin)
        let modified = information.st_mtimespec
        let changed = information.st_ctimespec
        #else
        let modified = information.st_mtim
        let changed = information.st_ctim
        #endif
        return SourceIdentity(
            length: Int64(information.st_size),
            modified: Int64(modified.tv_sec) * 1_000_000_000 + Int64(modified.tv_nsec),
            changed: Int64(changed.tv_sec) * 1_000_000_000 + Int64(changed.tv_nsec),
            inode: UInt64(information.st_ino),
            device: UInt64(truncatingIfNeeded: information.st_dev),
            bootID: BootID.current
        )
    }

    static func failure(_ path: String, _ reason: Errno) -> Failure {
        switch reason {
        case .noSuchFileOrDirectory, .notDirectory:
            Failure(
                code: "source_missing",
                message: "\(path) does not exist"
            )
        case .permissionDenied, .notPermitted:
            Failure(
                code: "source_unreadable",
                message: "\(path) may not be read by this user; change its mode and retry"
            )
        default:
            Failure(code: "source_unreadable", message: "\(path) cannot be read: \(reason)", isPassing: true)
        }
    }
}
