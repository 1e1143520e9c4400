import Uploads

extension Upload {
    /// How much of it the server has, in percent with one decimal.
    var percent: String {
        if status == .completed { return "100.0" }
        guard let length, length > 0 else { return "0.0" }
        return "\((Double(offset) / Double(length) * 1000).rounded() / 10)"
    }

    /// What it waits for or what stopped it, in a few words; empty where there is nothing to say.
    var note: String {
        if let requested { return "\(requested) requested" }
        switch status {
        case .pending:
            return [failure?.code, nextTry.map { "next try \($0)" }].compactMap(\.self).joined(separator: ", ")
        case .paused: return pauseReason ?? ""
        case .failed: return failure?.code ?? ""
        case .processing: return attempt > 0 ? "\(attempt) tries" : ""
        case .completed, .cancelled: return ""
        }
    }

    /// The later one of the user's time and the queue's back-off; both sort as text.
    var nextTry: String? { [notBefore, retryAt].compactMap(\.self).max() }

    /// What its status means, in plain words.
    var meaning: String {
        switch status {
        case .pending where requested == "cancel": "pending: a worker will delete it at the server"
        case .pending: "pending: waits for a worker\(nextTry.map { ", not before \($0)" } ?? "")"
        case .processing: "processing: a worker has it in hand\(requested.map { "; \($0) requested" } ?? "")"
        case .paused:
            "paused\(pauseReason.map { " by the queue (\($0))" } ?? ""): `upload-queue resume \(id)` lets it go on"
        case .completed: "completed: every byte is at the server"
        case .failed: "failed: `upload-queue retry \(id)` takes it up again"
        case .cancelled: "cancelled"
        }
    }

    /// How many of its bytes the server has.
    var progress: String {
        guard let length else { return "nothing yet; the file's size is not known yet" }
        return "\(offset) of \(length) bytes (\(percent) %)"
    }
}
