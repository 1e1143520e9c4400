internal import NIOCore
internal import NIOPosix
internal import SystemPackage
internal import UploadStore

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

/// The folder of the queue's own copies, beside the database: readable by its owner only.
///
/// Whoever adds holds a shared lock on it until the upload is in the database; whoever removes what no upload names takes
/// that lock alone. So no copy is taken for forgotten while it is being added, whoever is killed.
struct Spool: Sendable {
    /// Holds the folder's lock for as long as it lives.
    final class Hold: Sendable {
        fileprivate let file: SystemPackage.FileDescriptor

        fileprivate init(_ file: SystemPackage.FileDescriptor) { self.file = file }

        deinit { try? file.close() }
    }

    /// A copy that is on disk.
    struct Copy: Sendable {
        var path: String
        var identity: SourceIdentity
    }

    private static let lockName = ".lock"
    private static let piece = 1 << 20

    let folder: String

    init(databasePath: String) { folder = "\(databasePath).spool" }

    /// Keeps the copies that are made meanwhile.
    func hold() async throws -> Hold {
        try await blocking {
            if mkdir(folder, 0o700) == 0 {
                try Self.sync(FilePath(folder).removingLastComponent())
            } else if errno != EEXIST {
                throw failure(Errno(rawValue: errno))
            }
            guard let hold = try lock(LOCK_SH) else { throw failure(.wouldBlock) }
            return hold
        }
    }

    /// Copies a file, and returns once the copy is on disk.
    ///
    /// - Throws: ``SourceFile/Failure`` where the file cannot be read or changes meanwhile, ``UploadQueueError`` where the
    ///   copy cannot be written.
    func copy(of path: String, _ hold: Hold) async throws -> Copy {
        try await blocking {
            let source = try SourceFile(path: path)
            let identity = try source.identity()
            let copy = try write { target in
                if Self.clone(source.descriptor, target) { return }
                var offset: Int64 = 0
                while offset < identity.length {
                    let end = min(offset + Int64(Self.piece), identity.length)
                    var bytes = try source.read(offset..<end)
                    _ = try target.writeAll(bytes.readBytes(length: bytes.readableBytes) ?? [])
                    offset = end
                }
            }
            do {
                try source.check(identity)
            } catch {
                unlink(copy.path)
                throw error
            }
            return copy
        }
    }

    /// Stores bytes as they come, and returns once all are on disk.
    func store<Bytes: AsyncSequence>(_ bytes: Bytes, _ hold: Hold) async throws -> Copy
    where Bytes.Element: Sequence<UInt8> & Sendable {
        let path = newPath()
        let target = try await blocking { try open(path) }
        do {
            for try await piece in bytes {
                try await blocking { _ = try target.writeAll(piece) }
            }
            return try await blocking { try finish(target, path) }
        } catch {
            try? target.close()
            unlink(path)
            throw error
        }
    }

    /// Removes what no upload names, unless somebody adds just now.
    ///
    /// - Parameter isNamed: Whether an upload names a path.
    /// - Returns: How many copies were removed.
    /// - Throws: ``UploadQueueError`` where the folder's lock cannot be taken, or what `isNamed` throws.
    @discardableResult
    func collect(isNamed: (String) async throws -> Bool) async throws -> Int {
        guard let hold = try await blocking({ try lock(LOCK_EX) }) else { return 0 }
        defer { withExtendedLifetime(hold) {} }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var removed = 0
        for name in names where name != Self.lockName {
            let path = "\(folder)/\(name)"
            if try await isNamed(path) { continue }
            if unlink(path) == 0 { removed += 1 }
        }
        return removed
    }

    /// Removes a copy that no upload names.
    func remove(_ path: String) { unlink(path) }

    private func lock(_ operation: Int32) throws -> Hold? {
        let path = FilePath("\(folder)/\(Self.lockName)")
        let file: SystemPackage.FileDescriptor
        do {
            file = try SystemPackage.FileDescriptor.open(
                path,
                .readWrite,
                options: [.create, .closeOnExec],
                permissions: [.ownerReadWrite]
            )
        } catch Errno.noSuchFileOrDirectory where operation == LOCK_EX {
            return nil  // no spool, nothing to collect
        } catch let reason as Errno {
            throw failure(reason)
        }
        while flock(file.rawValue, operation == LOCK_EX ? LOCK_EX | LOCK_NB : operation) != 0 {
            let reason = Errno(rawValue: errno)
            if reason == .interrupted { continue }
            try? file.close()
            if reason == .wouldBlock { return nil }
            throw failure(reason)
        }
        return Hold(file)
    }

    private func newPath() -> String { "\(folder)/\(UUID().uuidString)" }

    private func open(_ path: String) throws -> SystemPackage.FileDescriptor {
        do {
            return try SystemPackage.FileDescriptor.open(
                FilePath(path),
                .readWrite,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite]
            )
        } catch let reason as Errno {
            throw failure(reason)
        }
    }

    private func write(_ body: (SystemPackage.FileDescriptor) throws -> Void) throws -> Copy {
        let path = newPath()
        let target = try open(path)
        do {
            try body(target)
            return try finish(target, path)
        } catch {
            try? target.close()
            unlink(path)
            throw (error as? Errno).map(failure) ?? error
        }
    }

    /// Brings a copy to disk, and tells what it is.
    private func finish(_ target: SystemPackage.FileDescriptor, _ path: String) throws -> Copy {
        guard fsync(target.rawValue) == 0 else { throw failure(Errno(rawValue: errno)) }
        try target.close()
        try Self.sync(FilePath(folder))
        return Copy(path: path, identity: try SourceFile.identity(of: path))
    }

    /// Lets two files share their blocks, where the filesystem can.
    private static func clone(_ source: SystemPackage.FileDescriptor, _ target: SystemPackage.FileDescriptor) -> Bool {
        #if os(Linux)
        // ioctl_ficlone(2): _IOW(0x94, 9, int)
        ioctl(target.rawValue, UInt(0x4004_9409), source.rawValue) == 0
        #else
        false
        #endif
    }

    static func sync(_ folder: FilePath) throws {
        let descriptor = try SystemPackage.FileDescriptor.open(
            folder.isEmpty ? "." : folder,
            .readOnly,
            options: [.directory, .closeOnExec]
        )
        defer { try? descriptor.close() }
        guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }

    private func failure(_ reason: Errno) -> UploadQueueError {
        reason == .noSpace
            ? UploadQueueError(.diskFull, "the disk of \(folder) is full; nothing was added; make room and try again")
            : UploadQueueError(.inputOutput, "\(folder) cannot be written: \(reason)", cause: reason)
    }

    /// Files block their reader and writer, which must not be a task of the pool that all share.
    private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}
