import Foundation
import UploadStore
import Uploads

/// Whether the secrets that destinations take from the environment are there.
struct CredentialCheck: Check {
    let name = "environment"
    var environment = ProcessInfo.processInfo.environment

    func findings(in examination: Examination) async throws -> [Finding] {
        let findings = try await examination.queue.destinations().compactMap(finding)
        return findings.isEmpty ? [Finding(.ok, "every variable that a destination names is set here")] : findings
    }

    private func finding(_ destination: Destination) -> Finding? {
        let missing = destination.environmentNames.filter { environment[$0, default: ""].isEmpty }
        guard !missing.isEmpty else { return nil }
        return Finding(
            .warning,
            "\(destination.name) takes secrets from \(missing.joined(separator: ", ")), not set in this environment",
            advice: "set them where the worker runs; else its uploads are paused as credentials_missing"
        )
    }
}

/// Whether secrets that were erased can still be read in the log.
struct ErasedSecretCheck: Check {
    let name = "secrets"

    func findings(in examination: Examination) async throws -> [Finding] {
        let store = examination.queue.store
        let before = try await store.erasedSecrets()
        guard before > 0 else { return [Finding(.ok, "no erased token is left in the log")] }
        let what = "\(before.counted("erased token")) may still stand in the log"
        if examination.fixes {
            try await store.forgetErasedSecrets()
            if try await store.erasedSecrets() == 0 {
                return [Finding(.fixed, "\(before.counted("erased token")) stood in the log, which is empty now")]
            }
        } else if !examination.workers.isEmpty {
            return [Finding(.ok, "\(what), until a worker is idle")]
        }
        return [
            Finding(
                .warning,
                what,
                advice: "end transactions of sqlite3 shells and dashboards; then \(Examination.fix) empties it"
            )
        ]
    }
}
