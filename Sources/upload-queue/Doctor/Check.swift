import Foundation
import UploadStore
import Uploads

/// One thing that can be wrong with a queue.
protocol Check: Sendable {
    /// A word for it.
    var name: String { get }

    /// Looks, and repairs what is safe to repair where that is asked for.
    ///
    /// - Parameter examination: What to look at.
    /// - Returns: One finding at least.
    /// - Throws: Where it cannot even look.
    func findings(in examination: Examination) async throws -> [Finding]
}

/// What the checks look at.
struct Examination: Sendable {
    let queue: UploadQueue
    let now: Date
    /// Whether what is safe to repair is repaired.
    let fixes: Bool
    /// The workers that live.
    let workers: [RunningWorker]

    /// Where to find out more about uploads.
    static let show = "`upload-queue show ID` tells what to do"
    static let fix = "`upload-queue doctor --fix`"
}
