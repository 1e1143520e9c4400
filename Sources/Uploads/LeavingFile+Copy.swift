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

/// A move to another filesystem: a copy that gets the wanted name when it is whole and on disk.
extension LeavingFile {
    /// Copies the file, and removes it then.
    ///
    /// - Throws: ``Kept``; then nothing is left of the copy, unless that is what is told.
    func copy(_ file: SourceFile, into folder: FilePath, as target: FilePath) throws {
        do {
            // Opened first: without it the copy's name could not be made durable.
            let opened = try SystemPackage.FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])
            defer { try? opened.close() }
            let half = folder.appending(ownName)
            if try Self.look(target) == nil {
                try Self.unlinked(half)
                do {
                    try write(file, to: half)
                    try Self.rename(half, target)
                } catch {
                    try? Self.unlinked(half)
                    throw error
                }
            } else {
                // After a crash the copy is there.
                guard try isCopied(file, target) else { throw Errno.fileExists }
                try Self.unlinked(half)
            }
            guard fsync(opened.rawValue) == 0 else { throw Errno(rawValue: errno) }
            do {
                try Self.unlinked(own)
            } catch let reason as Errno {
                throw Kept("\(target) is there, but the old name cannot go: \(reason)")
            }
        } catch Errno.fileExists {
            throw Kept("there is a \(target) already")
        } catch let reason as Errno {
            throw Kept("it cannot be copied to \(target): \(reason)")
        } catch let failure as SourceFile.Failure {
            throw Kept("it cannot be copied to \(target): \(failure.message)")
        }
    }

    private func write(_ file: SourceFile, to half: FilePath) throws {
        let copy = try SystemPackage.FileDescriptor.open(
            half,
            .writeOnly,
            options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: [.ownerReadWrite]
        )
        defer { try? copy.close() }
        var offset: Int64 = 0
        while offset < identity.length {
            let end = min(offset + Int64(1 << 20), identity.length)
            try copy.writeAll(file.read(offset..<end).readableBytesView)
            offset = end
        }
        var information = stat()
        guard fstat(file.descriptor.rawValue, &information) == 0 else { throw Errno(rawValue: errno) }
        guard try isSame(information) else { throw Kept("it changed while it was moved") }
        // As mv(1) does: the owner where that is allowed, the mode, and the times.
        _ = fchown(copy.rawValue, information.st_uid, information.st_gid)
        _ = fchmod(copy.rawValue, information.st_mode & 0o777)
        #if canImport(Darwin)
        let times = [information.st_atimespec, information.st_mtimespec]
        #else
        let times = [information.st_atim, information.st_mtim]
        #endif
        _ = futimens(copy.rawValue, times)
        guard fsync(copy.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Whether the target is a file of the same bytes; brings it to disk then.
    private func isCopied(_ file: SourceFile, _ target: FilePath) throws -> Bool {
        guard let there = try Self.look(target), there.st_mode & S_IFMT == S_IFREG,
            Int64(there.st_size) == identity.length
        else { return false }
        let copy = try SourceFile(path: target.string)
        var offset: Int64 = 0
        while offset < identity.length {
            let end = min(offset + Int64(1 << 20), identity.length)
            guard try file.read(offset..<end) == copy.read(offset..<end) else { return false }
            offset = end
        }
        guard fsync(copy.descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
        return true
    }
}
