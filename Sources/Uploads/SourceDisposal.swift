internal import Logging
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

/// Deletes or moves the source of a completed upload, if it is the very file that was uploaded.
///
/// A name can come to stand for another file at any moment. So the file first gets a name that only the queue uses, and is
/// looked at again under that name; what turns out to be another one gets its own name back. Each step can be repeated
/// after a crash.
struct SourceDisposal: Sendable {
    /// Why a source stays.
    private struct Kept: Error {
        var reason: String
    }

    let store: Store
    let logger: Logger

    /// Deals with what is left of earlier runs, oldest first.
    func settleAll() async throws {
        var last: Int64 = 0
        while true {
            let rows = try await store.unsettledSources(after: last, limit: 100)
            for row in rows {
                try await settle(row)
                last = row.id
            }
            guard !rows.isEmpty, !Task.isCancelled else { return }
        }
    }

    /// Deals with the source of an upload that was just completed.
    func settle(_ id: Upload.ID) async throws {
        guard let row = try await store.upload(id), row.status == .completed, row.afterCompletion != nil,
            !row.sourceSettled
        else { return }
        try await settle(row)
    }

    private func settle(_ row: UploadRow) async throws {
        let reason: String?
        do {
            try await NIOThreadPool.singleton.runIfActive { try Self.dispose(row) }
            reason = nil
        } catch let kept as Kept {
            reason = kept.reason
        } catch {
            // It may pass; the next worker that starts tries again.
            logger.warning(
                "The source of a completed upload could not be settled now",
                metadata: ["upload.id": "\(row.id)", "error.message": "\(error)"]
            )
            return
        }
        try await store.settledSource(row.id, keptBecause: reason)
    }

    private static func dispose(_ row: UploadRow) throws {
        let path = row.sourcePath
        guard row.lastErrorCode == nil || row.spooled else {
            throw Kept(
                reason: "\(path) stays, since its upload completed with a note (\(row.lastErrorCode ?? "")): "
                    + "\(row.lastError ?? "")"
            )
        }
        guard let identity = row.identity else { throw Kept(reason: "\(path) stays, since it was never looked at") }
        let source = FilePath(path)
        let folder = source.removingLastComponent()
        let own = folder.appending(".upload-queue-\(row.id)")
        // A name that was taken before a crash.
        if try !isSame(own, identity) {
            guard try take(source, as: own, identity, row) else { return }
        }
        if row.afterCompletion == "move", let name = source.lastComponent {
            try move(own, to: FilePath(row.moveTo ?? "/").appending(name), identity, back: source, row)
        } else {
            try unlinked(own)
        }
        try Spool.sync(folder)
    }

    /// Gives the source a name that only the queue uses; false where it is not there any more.
    private static func take(
        _ source: FilePath,
        as own: FilePath,
        _ identity: SourceIdentity,
        _ row: UploadRow
    ) throws -> Bool {
        var information = stat()
        guard lstat(source.string, &information) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return false }
            throw Errno(rawValue: errno)
        }
        guard information.st_mode & S_IFMT == S_IFREG else {
            throw Kept(
                reason: "\(source) stays, since it is a link or no regular file; only what it names was uploaded"
            )
        }
        let found: SourceIdentity
        do {
            found = try SourceFile.identity(of: source.string)
        } catch let failure as SourceFile.Failure where !failure.isPassing {
            throw Kept(reason: failure.message)
        }
        guard found.isSame(as: identity) else {
            throw Kept(reason: "\(source) stays, since it is not the file any more that was uploaded")
        }
        guard rename(source.string, own.string) == 0 else {
            let reason = Errno(rawValue: errno)
            if [.permissionDenied, .notPermitted, .readOnlyFileSystem].contains(reason) {
                throw Kept(reason: "\(source) stays, since its folder may not be changed: \(reason)")
            }
            throw reason
        }
        if try isSame(own, identity) { return true }
        try restore(own, as: source)
        throw Kept(reason: "\(source) stays, since another file took its name")
    }

    /// Whether a name stands for the file that was uploaded; its inode's time of change counts no more, as a new name sets
    /// that.
    private static func isSame(_ path: FilePath, _ identity: SourceIdentity) throws -> Bool {
        var information = stat()
        guard lstat(path.string, &information) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return false }
            throw Errno(rawValue: errno)
        }
        guard information.st_mode & S_IFMT == S_IFREG else { return false }
        var found = try SourceFile.identity(of: path.string)
        found.changed = identity.changed
        return found.isSame(as: identity)
    }

    /// Gives a file its name back, unless another one has it by now.
    private static func restore(_ own: FilePath, as source: FilePath) throws {
        guard link(own.string, source.string) == 0 else {
            let reason = Errno(rawValue: errno)
            throw Kept(reason: "\(source) is another file by now; what had its name is \(own): \(reason)")
        }
        try unlinked(own)
    }

    private static func unlinked(_ path: FilePath) throws {
        guard unlink(path.string) == 0 || errno == ENOENT else { throw Errno(rawValue: errno) }
    }

    /// Moves the file to a name that nothing has, or gives it its own back.
    private static func move(
        _ own: FilePath,
        to target: FilePath,
        _ identity: SourceIdentity,
        back source: FilePath,
        _ row: UploadRow
    ) throws {
        // A link fails where the name is taken, and a crash after it is told by the file having both names.
        if link(own.string, target.string) == 0 {
            try Spool.sync(target.removingLastComponent())
            return try unlinked(own)
        }
        let reason = Errno(rawValue: errno)
        if reason == .fileExists, try isSame(target, identity) { return try unlinked(own) }
        if reason == .improperLink {
            do {
                return try copy(own, to: target, identity, id: row.id)
            } catch let kept as Kept {
                try restore(own, as: source)
                throw kept
            }
        }
        try restore(own, as: source)
        throw Kept(
            reason: reason == .fileExists
                ? "\(source) stays, since there is a \(target) already"
                : "\(source) stays, since \(target) cannot be made: \(reason)"
        )
    }

    /// Moves the file to another filesystem.
    private static func copy(_ own: FilePath, to target: FilePath, _ identity: SourceIdentity, id: Int64) throws {
        let folder = target.removingLastComponent()
        let half = folder.appending(".upload-queue-\(id)")
        try unlinked(half)
        let source = try SourceFile(path: own.string)
        do {
            let file = try SystemPackage.FileDescriptor.open(
                half,
                .writeOnly,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite]
            )
            defer { try? file.close() }
            var offset: Int64 = 0
            while offset < identity.length {
                let end = min(offset + Int64(1 << 20), identity.length)
                try file.writeAll(Array(try source.read(offset..<end).readableBytesView))
                offset = end
            }
            guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            try? unlinked(half)
            throw Kept(reason: "it stays, since it cannot be copied to \(target): \(error)")
        }
        guard link(half.string, target.string) == 0 else {
            let reason = Errno(rawValue: errno)
            // After a crash behind this very step the copy is there.
            let isThere = reason == .fileExists && (try? hasSameBytes(half, target)) == true
            try unlinked(half)
            guard isThere else { throw Kept(reason: "it stays, since \(target) cannot be made: \(reason)") }
            return try unlinked(own)
        }
        try unlinked(half)
        try Spool.sync(folder)
        try unlinked(own)
    }

    private static func hasSameBytes(_ first: FilePath, _ second: FilePath) throws -> Bool {
        let files = try [first, second].map { try SourceFile(path: $0.string) }
        let lengths = try files.map { try $0.identity().length }
        guard lengths[0] == lengths[1] else { return false }
        var offset: Int64 = 0
        while offset < lengths[0] {
            let end = min(offset + Int64(1 << 20), lengths[0])
            guard try files[0].read(offset..<end) == files[1].read(offset..<end) else { return false }
            offset = end
        }
        return true
    }
}
