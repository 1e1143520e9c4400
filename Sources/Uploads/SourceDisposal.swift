internal import Logging
internal import UploadStore

/// Deletes or moves the sources of completed uploads, and removes the queue's own copies.
struct SourceDisposal: Sendable {
    let store: Store
    let patience: DatabasePatience
    let logger: Logger

    /// Deals with what is left of earlier runs, oldest first.
    func settleAll(until isStopping: () -> Bool) async throws {
        var last: Int64 = 0
        while true {
            let rows = try await store.unsettledSources(after: last, limit: 100)
            for row in rows {
                guard !isStopping(), !Task.isCancelled else { return }
                try await settle(row, until: isStopping)
                last = row.id
            }
            if rows.isEmpty { return }
        }
    }

    /// Deals with a source of which an upload was just completed; others may have waited for that.
    func settle(at path: String, inode: UInt64?) async throws {
        var seen: Set<Int64> = []
        while true {
            // Another worker, whose upload completed meanwhile, met a file that was in hand here.
            let rows = try await store.unsettledSources(at: path, inode: inode).filter { seen.insert($0.id).inserted }
            if rows.isEmpty { return }
            for row in rows { try await settle(row, until: { false }) }
        }
    }

    private func settle(_ row: UploadRow, until isStopping: () -> Bool) async throws {
        // Another upload of the same file, perhaps to another destination: the last one that completes sees to it.
        if !row.spooled, try await store.needsSource(row.sourcePath, row.identity) { return }
        var reason: String?
        do {
            guard try await dispose(row, until: isStopping) else { return }
        } catch let kept as LeavingFile.Kept {
            reason = kept.reason
        } catch {
            // It may pass; the next worker that starts tries again.
            logger.warning(
                "The source of a completed upload could not be settled now",
                metadata: ["upload.id": "\(row.id)", "error.message": "\(error)"]
            )
            return
        }
        try await patience.write(until: isStopping) { try await store.settledSource(row.id, keptBecause: reason) }
    }

    /// Whether the source is settled now; else somebody else needs it.
    private func dispose(_ row: UploadRow, until isStopping: () -> Bool) async throws -> Bool {
        let path = row.sourcePath
        if let code = row.lastErrorCode {
            throw LeavingFile.Kept(
                "\(path) stays, since its upload completed with a note (\(code)): \(row.lastError ?? "")"
            )
        }
        if row.spooled {
            let spool = Spool(databasePath: store.path, mark: store.spoolMark)
            // A copy of the queue does not remove what the queue still needs.
            guard spool.isOwnCopy(path) else {
                throw LeavingFile.Kept("\(path) stays, since another queue made it")
            }
            try await FileWork.run { spool.remove(path) }
            return true
        }
        guard let identity = row.identity else {
            throw LeavingFile.Kept("\(path) stays, since it was never looked at")
        }
        let file = LeavingFile(path: path, identity: identity, id: row.id)
        // Who lets it go holds it: others leave it alone until this ends.
        let held = try await FileWork.run { try file.hold() }
        defer { withExtendedLifetime(held) {} }
        // Whoever adds the file asks in the transaction of its row: either that ended before, and is seen here, or it is
        // refused.
        guard let row = try await patience.write(until: isStopping, { try await store.releaseSource(row.id) }) else {
            return false
        }
        do {
            try await FileWork.run {
                let taken = try file.take(held)
                if row.afterCompletion == "move" {
                    try file.move(taken, to: row.moveTo ?? "/")
                } else {
                    try file.delete(taken)
                }
            }
        } catch let error where !(error is LeavingFile.Kept) && !file.isTaken {
            try? await store.keepSource(row.id)
            throw error
        }
        return true
    }
}
