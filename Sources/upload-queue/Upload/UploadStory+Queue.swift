import Foundation
import Uploads

extension UploadStory {
    /// Reads an upload's story.
    ///
    /// - Parameters:
    ///   - id: The upload.
    ///   - queue: The queue.
    ///   - now: The time from which it is told.
    /// - Returns: The story and the upload's history, oldest first; nil where there is no such upload.
    /// - Throws: `UploadQueueError` when the database cannot be read.
    static func read(
        _ id: Upload.ID,
        in queue: UploadQueue,
        at now: Date
    ) async throws -> (story: UploadStory, history: [UploadEvent])? {
        guard let upload = try await queue.upload(id) else { return nil }
        var history: [UploadEvent] = []
        while true {
            let page = try await queue.events(after: history.last?.id ?? 0, of: id)
            if page.isEmpty { break }
            history += page
        }
        let hasWorkers = try await !queue.runningWorkers().isEmpty
        let destination = try await queue.destination(upload.destination)
        let needsGrant = destination?.endpoint == nil && destination?.configuration == nil
        var story = UploadStory(upload: upload, now: now, hasWorkers: hasWorkers, needsGrant: needsGrant)
        story.holder = upload.holder(among: try await queue.pausedScopes())
        return (story, history)
    }
}
