import Foundation
import UploadStore
import Uploads

/// Whether uploads are due, and no worker takes them up.
struct DueCheck: Check {
    /// Seconds.
    static let long: TimeInterval = 600

    let name = "due"

    func findings(in examination: Examination) async throws -> [Finding] {
        let due = try await examination.queue.store.due(now: Timestamp.text(examination.now))
        return [Self.finding(due, at: examination.now, hasWorkers: !examination.workers.isEmpty)]
    }

    static func finding(_ due: UploadCount, at now: Date, hasWorkers: Bool) -> Finding {
        guard due.uploads > 0, let since = Moment(due.since) else { return Finding(.ok, "nothing waits for a worker") }
        let what = "\(due.uploads.counted("upload")) \(due.uploads == 1 ? "waits" : "wait") for a worker"
        if hasWorkers { return Finding(.ok, "\(what) with room") }
        guard now.timeIntervalSince(since.date) > long else { return Finding(.ok, what) }
        return Finding(
            .warning,
            "\(what), the first for \(since.age(at: now)), and none is running",
            advice: "`upload-queue run` starts one"
        )
    }
}

/// Whether uploads seem to kill their workers, or their server loses them.
struct CrashCheck: Check {
    /// One more than this, and the upload fails.
    private static let manyRestarts = 3

    let name = "crashes"

    func findings(in examination: Examination) async throws -> [Finding] {
        let store = examination.queue.store
        var findings: [Finding] = []
        let suspects = try await store.suspects()
        if suspects.uploads > 0 {
            findings.append(
                Finding(
                    .warning,
                    "workers died \(Store.suspectCrashes) times or more with \(suspects.uploads.counted("upload")) in hand, "
                        + "the oldest is \(suspects.oldestUpload)",
                    advice: "find out what ended them (the kernel's log tells of a lack of memory); at the "
                        + "\(Store.poisonCrashes)th time such an upload fails"
                )
            )
        }
        let restarted = try await store.restarted(times: Self.manyRestarts)
        if restarted.uploads > 0 {
            findings.append(
                Finding(
                    .warning,
                    "servers lost \(restarted.uploads.counted("upload")) \(Self.manyRestarts) times or more, the oldest is "
                        + "\(restarted.oldestUpload)",
                    advice: "check how long they keep unfinished uploads; \(Examination.show)"
                )
            )
        }
        return findings.isEmpty ? [Finding(.ok, "no upload ends its workers, or gets lost at its server")] : findings
    }
}

/// Whether the files are there that are still to be uploaded.
struct SourceCheck: Check {
    /// Uploads that are looked at.
    static let most = 1_000

    let name = "sources"

    func findings(in examination: Examination) async throws -> [Finding] {
        let (looked, troubles) = try await examination.queue.sourceTroubles(limit: Self.most)
        let bound = looked < Self.most ? "" : " (of the oldest \(looked) uploads; no others were looked at)"
        guard !troubles.isEmpty else {
            return [Finding(.ok, "those of \(looked.counted("upload")) are there, and as they were added\(bound)")]
        }
        let codes = Dictionary(grouping: troubles, by: \.code).sorted { $0.key < $1.key }
        return codes.map { code, troubles in
            let first = troubles[0]
            let more = troubles.count == 1 ? "" : ", and \((troubles.count - 1).counted("more upload"))"
            return Finding(
                .problem,
                "\(code): upload \(first.uploadID): \(first.message)\(more)\(bound)",
                advice: code == "source_changed"
                    ? "it will fail; then retry uploads the file as it is now"
                    : "put the file back before a worker takes it up, or cancel the upload"
            )
        }
    }
}
