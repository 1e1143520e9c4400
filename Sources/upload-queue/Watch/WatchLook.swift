import Foundation
import UploadStore
import Uploads

/// The queue as it was at one look.
struct WatchLook: Sendable {
    /// The most of each kind that are listed; there may be more.
    private static let most = (active: 500, paused: 100, failures: 100)

    var database: String
    var counts: [UploadQueue.StatusCount] = []
    var workers: [RunningWorker] = []
    /// Uploads in a worker's hands, oldest first; after them one that was, where a person looks at it.
    var active: [Upload] = []
    var waiting: [WaitingSummary] = []
    /// Paused uploads, oldest first.
    var paused: [Upload] = []
    /// The newest first.
    var failures: [RecentFailure] = []
    /// The upload whose story is open.
    var story: (story: UploadStory, history: [UploadEvent])?

    /// The uploads that can be selected, from top to bottom.
    var ids: [Upload.ID] { active.map(\.id) + paused.map(\.id) + failures.map(\.id) }

    /// An upload of the lists, where its whole row is known.
    func upload(_ id: Upload.ID) -> Upload? {
        if let story, story.story.upload.id == id { return story.story.upload }
        return active.first { $0.id == id } ?? paused.first { $0.id == id }
    }

    func count(_ status: Upload.Status) -> UploadQueue.StatusCount? { counts.first { $0.status == status } }

    /// Whether something waited for a time that has come, so that a look is due although nobody changed anything.
    func isOutdated(at now: Date) -> Bool {
        waiting.contains { group in Moment(group.until).map { $0.date <= now } ?? false }
    }

    /// Looks at a queue.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - kept: An upload that stays listed while it is pending, or paused beyond the most that are listed.
    ///   - story: The upload whose story is open.
    ///   - now: The time.
    /// - Returns: The look.
    /// - Throws: `UploadQueueError` when the database cannot be read.
    static func at(
        _ queue: UploadQueue,
        kept: Upload.ID? = nil,
        story: Upload.ID? = nil,
        now: Date
    ) async throws -> WatchLook {
        var look = WatchLook(database: queue.path)
        look.counts = try await queue.summary()
        look.workers = try await queue.runningWorkers()
        look.active = try await queue.uploads(matching: .init(statuses: [.processing], limit: most.active))
        look.waiting = try await queue.waiting(at: now)
        look.paused = try await queue.uploads(matching: .init(statuses: [.paused], limit: most.paused))
        look.failures = try await queue.recentFailures(limit: most.failures)
        if let kept, !look.ids.contains(kept), let upload = try await queue.upload(kept) {
            if upload.status == .paused { look.paused.append(upload) }
            if upload.status == .pending { look.active.append(upload) }
        }
        // Between two readings an upload may have gone from one list to another.
        let active = Set(look.active.map(\.id))
        look.paused.removeAll { active.contains($0.id) }
        let others = active.union(look.paused.map(\.id))
        look.failures.removeAll { others.contains($0.id) }
        if let story { look.story = try await UploadStory.read(story, in: queue, at: now) }
        return look
    }
}
