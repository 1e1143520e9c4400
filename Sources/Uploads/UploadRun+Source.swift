internal import Logging
internal import Tus
internal import UploadStore

/// The file of an upload: opened, checked, and seen to in the end.
extension UploadRun {
    /// Where the upload completed, its source may be wanted away, by it or by another upload of the same file.
    func settleSource() async throws {
        guard end.status == .completed else { return }
        let disposal = SourceDisposal(store: store, patience: context.patience, logger: logger)
        try await disposal.settle(at: claimed.upload.sourcePath, inode: claimed.upload.identity?.inode)
    }

    /// The source; nil where the upload can go on without it.
    ///
    /// What is deleted at the server needs none. Where all bytes are there already, and were of the unchanged file, a
    /// source that was removed since does not stand in the way of finalize; a changed one does. Once a finalize was sent,
    /// or the host has the file, the source has no say.
    func openSource() throws -> SourceFile? {
        let row = claimed.upload
        if row.requested == .cancel || row.finalizeSent > 0 || row.phase == .confirm { return nil }
        do {
            return try SourceFile(path: claimed.upload.sourcePath)
        } catch let failure as SourceFile.Failure
            where failure.code == "source_missing" && claimed.upload.phase == .finalize
        {
            return nil
        }
    }

    /// What the source was when it was added; for a row that SQL added, what it is at its first claim.
    func identity(of file: SourceFile?) async throws -> SourceIdentity {
        if let known = claimed.upload.identity {
            if let file { try file.check(known) }
            return known
        }
        guard let file else {
            return SourceIdentity(length: 0, modified: 0, changed: 0, inode: 0, device: 0, bootID: "")
        }
        let identity = try file.identity()
        try await store.identified(claim, as: identity)
        return identity
    }

    /// Where all bytes are there, a source that was removed since does not stand in the way of finalize.
    func check(_ file: SourceFile?, _ identity: SourceIdentity, before step: Step) throws {
        guard step == .transfer || step == .finalize else { return }
        do {
            try file?.check(identity)
        } catch let failure as SourceFile.Failure where failure.code == "source_missing" && step == .finalize {
            logger.debug("The source was removed before finalize")
        }
    }

    /// The source's MD5, or why there is none: whatever became of the source, the host has its file.
    func sourceMD5(_ identity: SourceIdentity) async throws -> Result<String, Problem> {
        do {
            let file = try SourceFile(path: claimed.upload.sourcePath)
            return .success(try await file.md5(of: identity, isStopping: context.isStopping))
        } catch let failure as SourceFile.Failure {
            return .failure(Problem(code: failure.code, message: failure.message))
        }
    }
}
