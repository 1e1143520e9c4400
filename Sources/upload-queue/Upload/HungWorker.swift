import Foundation
import Uploads

/// What to say of a worker that lives and does not go on.
struct HungWorker {
    let message: String
    let advice: String

    /// - Returns: Nil where the worker was seen a short time ago.
    init?(id: Int64, pid: Int64, seenAt: String, at now: Date) {
        guard RunningWorker.isHung(lastSeenAt: seenAt, at: now) else { return nil }
        let seen = Moment(seenAt)?.relative(to: now) ?? seenAt
        message =
            "worker \(id) hangs: it was seen last \(seen), and keeps its uploads until it goes on or ends, or the "
            + "whole queue, if it was stopped while it wrote"
        advice =
            "`kill -CONT \(pid)` lets one that was stopped go on, `kill -KILL \(pid)` gives its uploads to other workers"
    }
}
