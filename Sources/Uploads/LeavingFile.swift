internal import SystemPackage
internal import UploadStore

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A source that is deleted or moved, if it is the very file that was uploaded.
///
/// A name can come to stand for another file at any moment. So the file first gets a name that only the queue uses, and is
/// looked at again under that name; what turns out to be another one gets its own name back. Each step can be repeated
/// after a crash.
struct LeavingFile {
    /// Why the file stays.
    struct Kept: Error {
        var reason: String

        init(_ reason: String) { self.reason = reason }
    }

    /// Another worker is at it.
    struct InHand: Error, CustomStringConvertible {
        var description: String { "another worker is at it" }
    }

    let source: FilePath
    let identity: SourceIdentity
    /// The name that only the queue uses, in any folder; the inode's number keeps two queues apart.
    let ownName: String

    init(path: String, identity: SourceIdentity, id: Int64) {
        source = FilePath(path)
        self.identity = identity
        ownName = ".upload-queue-\(id)-\(identity.inode)"
    }

    var folder: FilePath { source.removingLastComponent() }
    var own: FilePath { folder.appending(ownName) }

    /// Deletes the file that was taken; one that is gone is well.
    ///
    /// - Throws: ``Kept``, or another error where the next try may do.
    func delete(_ taken: SourceFile?) throws {
        if let file = taken {
            try withExtendedLifetime(file) {
                do { try Self.unlinked(own) } catch let reason as Errno { try stay("it cannot be deleted: \(reason)") }
            }
        }
        // At worst a deleted file is there again, under a hidden name, after a loss of power.
        try? Spool.sync(folder)
    }

    /// Moves the file that was taken into a folder, unless that has a file of its name.
    ///
    /// - Throws: ``Kept``, or another error where the next try may do.
    func move(_ taken: SourceFile?, to path: String) throws {
        let targetFolder = FilePath(path)
        guard let name = source.lastComponent else { throw Kept("\(source) stays, since it has no name") }
        let target = targetFolder.appending(name)
        guard let file = taken else {
            // Moved before a crash, or gone.
            guard let there = try Self.look(target), there.st_mode & S_IFMT == S_IFREG,
                Int64(there.st_size) == identity.length
            else { throw Kept("\(source) was gone before it could be moved to \(targetFolder)") }
            try? Spool.sync(targetFolder)
            try? Spool.sync(folder)
            return
        }
        try withExtendedLifetime(file) {
            do {
                try Self.rename(own, target)
                try? Spool.sync(targetFolder)
            } catch let reason as Errno where isElsewhere(target, reason) {
                do {
                    try copy(file, into: targetFolder, as: target)
                } catch let kept as Kept {
                    try stay(kept.reason)
                }
            } catch Errno.fileExists {
                try stay("there is a \(target) already")
            } catch let reason as Errno {
                let isMade = (try? Self.isSameFile(own, target)) == true
                try stay("\(target) \(isMade ? "is there, but the old name cannot go" : "cannot be made"): \(reason)")
            }
        }
        try? Spool.sync(folder)
    }

    /// Opens the file, under its name or under the queue's own after a crash, and keeps other workers from it for as long as
    /// the result lives; nil where the file is not there any more.
    func hold() throws -> SourceFile? {
        try tellingWhatLasts {
            // A crash while it got its name back: it was to stay.
            if try Self.isSameFile(own, source) { try Self.unlinked(own) }
            var isTaken = try self.isTheFile(own)
            if !isTaken, try !checkSource() {
                // Another worker can have given it that name right now.
                isTaken = try self.isTheFile(own)
                if !isTaken {
                    // A crash after another file had come in between.
                    if try Self.look(own) != nil { try stay(Self.isAnother) }
                    return nil
                }
            }
            let file = try SourceFile(path: isTaken ? own.string : source.string)
            guard file.lock() else { throw InHand() }
            return file
        }
    }

    /// Gives the file that is held the queue's own name; nil where it is not there any more.
    func take(_ held: SourceFile?) throws -> SourceFile? {
        guard let held else { return nil }
        return try tellingWhatLasts {
            if try !isTheFile(own) {
                guard try Self.look(own) == nil else {
                    throw Kept("\(source) stays, since \(own) has a name of the queue's")
                }
                do { try Self.plainRename(source, own) } catch Errno.noSuchFileOrDirectory { return nil }
            }
            guard let found = try Self.look(own) else { return nil }
            guard try isSame(found) else {
                try stay(Self.isAnother)
                return nil
            }
            return held
        }
    }

    /// Whether the queue's own name is taken, as far as can be told.
    var isTaken: Bool { (try? Self.look(own)) != nil }

    private static let isAnother = "it is not the file any more that was uploaded"

    private func tellingWhatLasts(_ body: () throws -> SourceFile?) throws -> SourceFile? {
        do {
            return try body()
        } catch let failure as SourceFile.Failure where failure.code == "source_missing" {
            return nil
        } catch let failure as SourceFile.Failure where !failure.isPassing {
            throw Kept("\(source) stays: \(failure.message)")
        } catch let reason as Errno where Self.isLasting(reason) {
            throw Kept("\(source) stays, since its folder may not be changed: \(reason)")
        }
    }

    /// Whether the source is there; fails where it is not the very file.
    private func checkSource() throws -> Bool {
        guard let information = try Self.look(source) else { return false }
        guard information.st_mode & S_IFMT == S_IFREG else {
            throw Kept("\(source) stays, since it is a link or no regular file; only what it names was uploaded")
        }
        guard try SourceFile.identity(information, source.string).isSame(as: identity) else {
            throw Kept("\(source) stays, since it is not the file any more that was uploaded")
        }
        return true
    }

    /// Whether a file could not get its new name because that is on another filesystem; a taken name is told first.
    private func isElsewhere(_ target: FilePath, _ reason: Errno) -> Bool {
        guard reason == .fileExists, let there = try? Self.look(target), let here = try? Self.look(own) else {
            return reason == .improperLink
        }
        return there.st_dev != here.st_dev
    }

    /// Gives the file its name back, and says why it stays.
    private func stay(_ reason: String) throws {
        do {
            try Self.rename(own, source)
        } catch let trouble as Errno {
            throw Kept(
                "\(source) stays, since \(reason); it is \(own) now, as its name cannot be given back: \(trouble)"
            )
        }
        throw Kept("\(source) stays, since \(reason)")
    }

    private func isTheFile(_ path: FilePath) throws -> Bool { try Self.look(path).map { isInode($0) } ?? false }

    private func isInode(_ information: stat) -> Bool {
        information.st_mode & S_IFMT == S_IFREG && UInt64(information.st_ino) == identity.inode
    }

    /// Whether this is the file that was uploaded; its inode's time of change counts no more, as a new name sets that.
    func isSame(_ information: stat) throws -> Bool {
        guard isInode(information) else { return false }
        var found = try SourceFile.identity(information, own.string)
        found.changed = identity.changed
        return found.isSame(as: identity)
    }
}

extension LeavingFile {
    /// What has a name, without following a link; nil where nothing has it.
    static func look(_ path: FilePath) throws -> stat? {
        var information = stat()
        if lstat(path.string, &information) == 0 { return information }
        let reason = Errno(rawValue: errno)
        if reason == .noSuchFileOrDirectory || reason == .notDirectory { return nil }
        throw reason
    }

    static func unlinked(_ path: FilePath) throws {
        guard unlink(path.string) == 0 || errno == ENOENT else { throw Errno(rawValue: errno) }
    }

    /// Gives a file another name; fails with `fileExists` where another file has that.
    ///
    /// After a crash in between the file can have both names; the next try ends that. Where the old one cannot be removed
    /// it has both too: a name too many is better than none.
    static func rename(_ old: FilePath, _ new: FilePath) throws {
        if link(old.string, new.string) == 0 { return try unlinked(old) }
        let reason = Errno(rawValue: errno)
        if reason == .fileExists, try isSameFile(old, new) { return try unlinked(old) }
        // Some filesystems know no links, and some rules forbid one to the file of another user.
        guard [.notPermitted, .notSupported, .noFunction, .tooManyLinks].contains(reason) else { throw reason }
        guard try look(new) == nil else { throw Errno.fileExists }
        try plainRename(old, new)
    }

    private static func isSameFile(_ first: FilePath, _ second: FilePath) throws -> Bool {
        guard let first = try look(first), let second = try look(second) else { return false }
        return first.st_ino == second.st_ino && first.st_dev == second.st_dev
    }

    private static func plainRename(_ old: FilePath, _ new: FilePath) throws {
        #if canImport(Darwin)
        let result = Darwin.rename(old.string, new.string)
        #elseif canImport(Glibc)
        let result = Glibc.rename(old.string, new.string)
        #elseif canImport(Musl)
        let result = Musl.rename(old.string, new.string)
        #endif
        guard result == 0 else { throw Errno(rawValue: errno) }
    }

    /// Whether an error is one of rights or of the name, which no later try changes.
    private static func isLasting(_ reason: Errno) -> Bool {
        [
            .permissionDenied, .notPermitted, .readOnlyFileSystem, .resourceBusy, .fileNameTooLong,
            .tooManySymbolicLinkLevels,
        ].contains(reason)
    }
}
