internal import NIOCore
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

/// The folder of the queue's own copies, beside the database: a folder of its owner's that nobody else can look into.
///
/// Whoever adds holds a shared lock on it until the upload is in the database; whoever looks for what no upload names
/// takes that lock alone. So no copy is taken for forgotten while it is being added, whoever is killed.
struct Spool: Sendable {
    /// The open folder, with its lock, for as long as it lives.
    final class Hold: Sendable {
        let folder: SystemPackage.FileDescriptor
        let spool: Spool

        fileprivate init(_ folder: SystemPackage.FileDescriptor, of spool: Spool) {
            self.folder = folder
            self.spool = spool
        }

        deinit { try? folder.close() }
    }

    /// A copy that is on disk.
    struct Copy: Sendable {
        var path: String
        var identity: SourceIdentity
    }

    private static let piece = 1 << 20
    /// Seconds; longer than a tick of the clock that files are stamped by.
    private static let tick = 0.02

    let databasePath: String
    let folder: String
    /// Begins the names of this queue's copies; a queue that had this file name before may have left copies here too.
    private let mark: String

    init(databasePath: String, mark: String) {
        self.databasePath = databasePath
        folder = "\(databasePath).spool"
        self.mark = mark
    }

    /// A name that no copy has.
    func newName() -> String { "\(mark)-\(UUID().uuidString)" }

    private func isOwn(_ name: String) -> Bool {
        name.hasPrefix("\(mark)-") && UUID(uuidString: String(name.dropFirst(mark.count + 1))) != nil
    }

    /// Keeps the copies that are made meanwhile; makes the folder where there is none.
    func hold() async throws -> Hold {
        try await FileWork.run {
            let isNew = mkdir(folder, 0o700) == 0
            guard isNew || errno == EEXIST else { throw SpoolFile.failure(folder, Errno(rawValue: errno)) }
            // At once: a new folder that root was killed with would stay root's.
            guard let hold = try lock(LOCK_SH, isNew: isNew) else {
                throw SpoolFile.failure(folder, .noSuchFileOrDirectory)
            }
            do {
                // Also where another process made it: that one may not have come so far.
                try Self.sync(FilePath(folder).removingLastComponent())
            } catch let reason as Errno {
                throw SpoolFile.failure(folder, reason)
            }
            return hold
        }
    }

    /// Copies a file, and returns once the copy is on disk.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - expected: What it was when it was looked at.
    ///   - hold: Keeps the copy until an upload names it.
    /// - Returns: The copy.
    /// - Throws: ``SourceFile/Failure`` where the file cannot be read or changes, ``UploadQueueError`` where the copy cannot
    ///   be written. Nothing of the copy is left then.
    func copy(of path: String, _ expected: SourceIdentity, _ hold: Hold) async throws -> Copy {
        try await FileWork.run {
            let source = try SourceFile(path: path)
            // Two changes within one tick look like one: the second would not be seen.
            if abs(Date().timeIntervalSince1970 - Double(expected.changed) / 1e9) < Self.tick {
                usleep(useconds_t(Self.tick * 1e6))
            }
            let file = try SpoolFile(hold)
            do {
                if !Self.clone(source.descriptor, file.descriptor) {
                    var offset: Int64 = 0
                    while offset < expected.length {
                        let end = min(offset + Int64(Self.piece), expected.length)
                        try file.append(source.read(offset..<end).readableBytesView)
                        offset = end
                    }
                }
                guard try source.isUnchanged(expected) else {
                    throw SourceFile.Failure(
                        code: "source_changed",
                        message: "\(path) changed while it was copied; add it again once it is written"
                    )
                }
                return try file.finish()
            } catch {
                file.discard()
                throw (error as? Errno).map { SourceFile.failure(path, $0) } ?? error
            }
        }
    }

    /// Stores bytes as they come, and returns once all are on disk; nothing is left where one of the pieces fails.
    func store<Bytes: AsyncSequence>(_ bytes: Bytes, _ hold: Hold) async throws -> Copy
    where Bytes.Element: Sequence<UInt8> & Sendable {
        let file = try await FileWork.run { try SpoolFile(hold) }
        do {
            for try await piece in bytes { try await FileWork.run { try file.append(piece) } }
            return try await FileWork.run { try file.finish() }
        } catch {
            file.discard()
            throw error
        }
    }

    /// Removes what this queue made and no upload names, unless somebody adds just now.
    ///
    /// - Parameter isNamed: Whether an upload names a path.
    /// - Returns: How many copies were removed.
    /// - Throws: ``UploadQueueError`` where the folder is not its owner's alone, or what `isNamed` throws.
    @discardableResult
    func collect(isNamed: (String) async throws -> Bool) async throws -> Int {
        let (names, hold) = try await FileWork.run {
            // Nobody adds at this moment: what has no upload now never gets one. To know that, no adder need wait longer.
            guard let hold = try lock(LOCK_EX | LOCK_NB) else { return ([String](), Hold?.none) }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            flock(hold.folder.rawValue, LOCK_UN)
            return (names.filter(isOwn), hold)
        }
        guard let hold else { return 0 }
        var removed = 0
        for name in names where try await !isNamed("\(folder)/\(name)") {
            if unlinkat(hold.folder.rawValue, name, 0) == 0 { removed += 1 }
        }
        return removed
    }

    /// Whether a path is that of a copy in this folder which this queue made.
    func isOwnCopy(_ path: String) -> Bool {
        contains(path) && FilePath(path).lastComponent.map { isOwn($0.string) } == true
    }

    /// Whether a path is that of a copy in this folder.
    func contains(_ path: String) -> Bool { FilePath(path).removingLastComponent() == FilePath(folder) }

    /// Removes a copy that no upload needs any more; a path elsewhere is left alone, whatever an upload says of it.
    func remove(_ path: String) { if contains(path) { unlink(path) } }

    /// Opens and locks the folder; nil where there is none, or another one has the lock and this one need not wait.
    private func lock(_ operation: Int32, isNew: Bool = false) throws -> Hold? {
        let descriptor: SystemPackage.FileDescriptor
        do {
            descriptor = try .open(FilePath(folder), .readOnly, options: [.directory, .noFollow, .closeOnExec])
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch Errno.notDirectory, Errno.tooManySymbolicLinkLevels {
            throw UploadQueueError(
                .wrongPermissions,
                "\(folder) is a link or no folder; the queue keeps copies in a folder of its own only; move it away"
            )
        } catch let reason as Errno {
            try checkOwner()
            throw SpoolFile.failure(folder, reason)
        }
        let hold = Hold(descriptor, of: self)
        do {
            if isNew { try DatabaseOwner.give(descriptor, beside: databasePath) }
        } catch let reason as Errno {
            throw SpoolFile.failure(folder, reason)
        }
        try checkIsPrivate(hold)
        while flock(descriptor.rawValue, operation) != 0 {
            let reason = Errno(rawValue: errno)
            if reason == .interrupted { continue }
            if reason == .wouldBlock { return nil }
            throw SpoolFile.failure(folder, reason)
        }
        return hold
    }

    /// Says whose the folder is, where it is not the owner's of the database.
    private func checkOwner() throws {
        var information = stat()
        guard lstat(folder, &information) == 0 else { return }
        try check(information.st_uid)
    }

    private func check(_ user: uid_t) throws {
        let owner: uid_t
        do {
            owner = try DatabaseOwner.user(of: databasePath)
        } catch let reason as Errno {
            throw SpoolFile.failure(folder, reason)
        }
        guard user == owner else {
            throw UploadQueueError(
                .wrongPermissions,
                "\(folder) belongs to another user (\(user)), who could read or replace what the queue copies; move it "
                    + "away, or as root, run: chown -R \(owner) '\(folder)'"
            )
        }
    }

    private func checkIsPrivate(_ hold: Hold) throws {
        var information = stat()
        guard fstat(hold.folder.rawValue, &information) == 0 else {
            throw SpoolFile.failure(folder, Errno(rawValue: errno))
        }
        try check(information.st_uid)
        guard information.st_mode & 0o077 == 0 else {
            throw UploadQueueError(
                .wrongPermissions,
                "\(folder) is open to other users, but holds copies of files; run: chmod 700 '\(folder)'"
            )
        }
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

    /// Makes the names in a folder durable.
    static func sync(_ folder: FilePath) throws {
        let descriptor = try SystemPackage.FileDescriptor.open(
            folder.isEmpty ? "." : folder,
            .readOnly,
            options: [.directory, .closeOnExec]
        )
        defer { try? descriptor.close() }
        guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }
}
