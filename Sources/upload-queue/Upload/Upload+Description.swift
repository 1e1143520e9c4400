import Foundation
import UploadStore
import Uploads

extension Upload {
    /// How much of it the server has, in percent with one decimal.
    var percent: String {
        if status == .completed { return "100.0" }
        guard let length, length > 0 else { return "0.0" }
        return "\((Double(offset) / Double(length) * 1000).rounded() / 10)"
    }

    /// How many of its bytes the server has.
    var progress: String {
        guard let length else { return "nothing yet; the file's size is not known yet" }
        return "\(ByteCount(offset)) of \(ByteCount(length)) (\(percent) %)"
    }

    /// The file as a person knows it: of a copy that the queue keeps, what it is a copy of.
    var shownPath: String { originalPath ?? (isCopied ? filename ?? sourcePath : sourcePath) }

    /// What it belongs to that is paused as a whole.
    func holder(among paused: Set<UploadScope>) -> UploadScope? {
        guard status == .pending else { return nil }
        let scopes = [.queue, .destination(destination)] + (batch.map { [UploadScope.batch($0)] } ?? [])
        return scopes.first(where: paused.contains)
    }

    /// What it waits for or what stopped it, in a few words; empty where there is nothing to say.
    func note(at now: Date, paused: Set<UploadScope> = []) -> String {
        if let requested { return "\(requested) requested" }
        switch status {
        case .pending:
            if let holder = holder(among: paused) { return "\(holder.word) paused" }
            return [failure?.code, nextTry(after: now).map { $0.relative(to: now) }].compactMap(\.self)
                .joined(separator: ", ")
        case .paused: return pauseReason == nil ? "" : failure?.code ?? pauseReason ?? ""
        case .failed: return failure?.code ?? ""
        case .processing: return attempt > 0 ? "\(attempt) tries" : ""
        case .completed, .cancelled: return ""
        }
    }

    /// When it is tried again; nil when nothing but a worker is missing.
    func nextTry(after now: Date) -> Moment? {
        // Both are written in one form that sorts as text.
        guard let moment = Moment([notBefore, retryAt].compactMap(\.self).max()), moment.date > now else { return nil }
        return moment
    }
}

extension UploadScope {
    /// What kind of thing it is.
    var word: String {
        switch self {
        case .queue: "queue"
        case .destination: "destination"
        case .batch: "batch"
        }
    }

    /// How `resume` is told of it.
    var option: String {
        switch self {
        case .queue: "--queue"
        case .destination(let name): "--destination \(name)"
        case .batch(let name): "--batch \(name)"
        }
    }
}

extension Upload.Status {
    /// How the word stands out.
    var style: Style? {
        switch self {
        case .pending: nil
        case .processing: .cyan
        case .paused: .yellow
        case .completed: .green
        case .failed: .red
        case .cancelled: .dim
        }
    }
}
