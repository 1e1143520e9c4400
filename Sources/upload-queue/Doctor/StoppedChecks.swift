import UploadStore
import Uploads

/// Which uploads the queue paused, until a person repairs something.
struct ParkedCheck: Check {
    let name = "parked"

    func findings(in examination: Examination) async throws -> [Finding] {
        let findings = try await examination.queue.waiting(at: examination.now).compactMap(Self.finding)
        return findings.isEmpty ? [Finding(.ok, "no upload waits for a repair")] : findings
    }

    private static func finding(_ group: WaitingSummary) -> Finding? {
        let repair: String
        switch group.reason {
        case .credentials: repair = "renew the credentials"
        case .permission: repair = "give the permission"
        case .quota: repair = "free or buy space"
        default: return nil
        }
        let uploads = "\(group.uploads.counted("upload")) to \(group.detail ?? "?")"
        return Finding(
            .problem,
            "\(uploads) \(group.uploads == 1 ? "is" : "are") paused for want of \(group.reason.rawValue), the oldest is "
                + "\(group.oldestUpload)",
            advice: "\(repair), then `upload-queue resume`"
        )
    }
}

/// Which uploads failed, and why.
struct FailedCheck: Check {
    /// Codes that are told.
    private static let most = 20

    let name = "failed"

    func findings(in examination: Examination) async throws -> [Finding] {
        let errors = try await examination.queue.errorCounts(of: [.failed], limit: Self.most)
        guard !errors.isEmpty else { return [Finding(.ok, "no upload is failed")] }
        return errors.map { error in
            Finding(
                .problem,
                "\(error.code): \(error.uploads.counted("upload")), the oldest is \(error.oldestUpload): \(error.message)",
                advice: "`upload-queue show \(error.oldestUpload)` tells what to do, "
                    + "`upload-queue list --status failed --error \(error.code)` lists them"
            )
        }
    }
}
