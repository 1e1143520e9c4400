import Foundation
import Uploads

/// An upload's story in plain words: how it stands, what happens next by itself, and what a person can do.
struct UploadStory: Sendable {
    let upload: Upload
    var now: Date
    /// Whether any worker runs that could take it up.
    let hasWorkers: Bool
    /// Whether an upload to its destination needs a grant, which a cancelled one has forgotten.
    var needsGrant = false
    /// What it belongs to that is paused as a whole.
    var holder: UploadScope?

    /// How it stands now.
    var standing: String {
        switch upload.status {
        case .pending: standingOfPending
        case .processing: "A worker has it in hand: \(step)."
        case .paused:
            upload.pauseReason.map { "Paused by the queue (\($0)). \(failure)" } ?? "Paused by a person."
        case .completed:
            "Completed: every byte is at the server\(upload.response == nil ? "" : ", and the host made a file of it")."
                + (upload.failure == nil ? "" : " \(failure)")
        case .failed: "Failed. \(failure)"
        case .cancelled: "Cancelled.\(upload.failure == nil ? "" : " \(failure)")"
        }
    }

    /// What happens next without anybody's doing, and when.
    var next: String {
        switch upload.status {
        case .pending:
            if let holder { return "Nothing, until the \(holder.word) is resumed." }
            if !hasWorkers { return "No worker is running: `upload-queue run` starts one." }
            guard let moment = upload.nextTry(after: now) else { return "The next worker with room takes it up." }
            return "A worker takes it up \(moment.relative(to: now)), at \(moment.local)."
        case .processing where upload.requested != nil:
            return "The worker records the answer in hand, and then honours the request (\(upload.requested ?? ""))."
        case .processing:
            return "It goes on by itself. Should the worker die, another one goes on from what the server has."
        case .paused: return "Nothing, until it is resumed."
        case .completed, .failed, .cancelled: return "Nothing."
        }
    }

    /// What a person can do, each a sentence.
    var choices: [String] {
        let id = upload.id
        switch upload.status {
        case .pending where upload.requested == "cancel": return []
        case .pending where holder != nil:
            return [
                "`upload-queue resume \(holder?.option ?? "")` lets it go on, `upload-queue cancel \(id)` ends it."
            ]
        case .pending, .processing:
            return ["`upload-queue pause \(id)` holds it back, `upload-queue cancel \(id)` ends it."]
        case .paused where upload.pauseReason != nil:
            return [
                "Repair what the error names, then `upload-queue resume \(id)` lets it go on.",
                "`upload-queue cancel \(id)` ends it.",
            ]
        case .paused:
            return ["`upload-queue resume \(id)` lets it go on, `upload-queue cancel \(id)` ends it."]
        case .failed: return [choiceOfFailed, "`upload-queue cancel \(id)` gives it up."]
        case .cancelled where needsGrant: return ["Add the file again with a new grant; this one was erased."]
        case .cancelled: return ["`upload-queue retry \(id)` takes it up again, from the first byte."]
        case .completed: return []
        }
    }

    private var failure: String {
        upload.failure.map { "\($0.code): \($0.message)" } ?? ""
    }

    private var step: String {
        switch upload.phase {
        case .mint: "it asks the host's API for a grant"
        case .create: "it creates the upload at the server"
        case .transfer: "the server has \(upload.progress)"
        case .finalize: "it asks the host to make a file of the bytes"
        case .confirm: "it asks the host whether the file is ready"
        case .done: "it is done"
        }
    }

    private var standingOfPending: String {
        if upload.requested == "cancel" { return "Cancelled; a worker will delete what the server has of it." }
        let there = upload.offset > 0 ? " The server has \(upload.progress)." : ""
        if let holder { return "Waits: the \(holder.word) is paused.\(there)" }
        guard upload.nextTry(after: now) != nil else { return "Waits for a worker.\(there)" }
        guard upload.failure != nil else { return "Waits for the time that was set.\(there)" }
        let tries = upload.attempt == 1 ? "one try" : "\(upload.attempt) tries"
        return "Waits for another try, after \(tries) without progress. \(failure)\(there)"
    }

    private var choiceOfFailed: String {
        let retry = "`upload-queue retry \(upload.id)`"
        return switch upload.failure?.code {
        case "source_changed": "\(retry) uploads the file as it is now, from the first byte."
        case "foreign_bytes": "\(retry) asks the server for another upload, and sends the file from the first byte."
        case "source_missing", "source_unreadable": "Put the file back, then \(retry)."
        case "grant_expired" where needsGrant: "Add the file again with a new grant; this one is of no use any more."
        case "grant_expired": "\(retry) starts over with a new grant."
        case "grant_not_copied" where upload.phase != .confirm:
            "Add the file again with a new grant; a copy of a queue holds none."
        case "grant_not_copied":
            "Look at the destination first: if the file is there, `upload-queue mark-completed \(upload.id)`; if not, "
                + (needsGrant ? "add the file again with a new grant." : "\(retry) starts over with a new grant.")
        case "finalize_outcome_unknown", "completion_outcome_unknown":
            "Look at the destination first: if the file is there, `upload-queue mark-completed \(upload.id)`; "
                + "if not, \(retry) sends the last step again."
        case "checksum_mismatch" where upload.phase == .confirm, "processing_failed", "size_mismatch":
            "Look at the file at the host; `upload-queue retry \(upload.id) --from start` uploads it anew."
        default: "Repair what the error names, then \(retry) goes on where it failed."
        }
    }
}
