import Uploads

extension WatchState.Request {
    /// Asks the queue, and says what became of the upload.
    func answer(for id: Upload.ID, in queue: UploadQueue) async -> WatchState.Message {
        do {
            switch self {
            case .pause: try await queue.pause(id)
            case .resume: try await queue.resume(id)
            case .retry: try await queue.retry(id)
            case .cancel: try await queue.cancel(id)
            }
            guard let upload = try await queue.upload(id) else {
                return .init(text: "upload \(id) is gone", isError: true)
            }
            let requested = upload.requested.map { ", \($0) requested" } ?? ""
            return .init(text: "upload \(id): \(upload.status.rawValue)\(requested)")
        } catch {
            return .init(text: CommandError(error).messages.joined(separator: " "), isError: true)
        }
    }
}
