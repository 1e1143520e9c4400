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
    func settle(at path: String) async throws {
        for row in try await store.unsettledSources(at: path) { try await settle(row, until: { false }) }
    }

    private func settle(_ row: UploadRow, until isStopping: () -> Bool) async throws {
        // Another upload of the same file, perhaps to another destination: the last one that completes sees to it.
        if !row.spooled, try await store.needsSource(row.sourcePath) { return }
        let spool = Spool(databasePath: store.path, mark: store.spoolMark)
        var reason: String?
        do {
            try await FileWork.run { try Self.dispose(row, spool) }
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

    private static func dispose(_ row: UploadRow, _ spool: Spool) throws {
        let path = row.sourcePath
        if row.spooled, spool.contains(path) { return spool.remove(path) }
        if let code = row.lastErrorCode {
            throw LeavingFile.Kept(
                "\(path) stays, since its upload completed with a note (\(code)): \(row.lastError ?? "")"
            )
        }
        guard let identity = row.identity else {
            throw LeavingFile.Kept("\(path) stays, since it was never looked at")
        }
        let file = LeavingFile(path: path, identity: identity, id: row.id)
        if row.afterCompletion == "move" {
            try file.move(to: row.moveTo ?? "/")
        } else {
            try file.delete()
        }
    }
}
