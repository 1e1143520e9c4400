import ArgumentParser
import Foundation
import Uploads

/// What a shell offers when the user presses the tab key, from the queue that the line or the environment names.
extension CompletionKind {
    /// The most that is offered.
    private static let most = 200

    /// The names of the destinations.
    static let destinations = CompletionKind.custom { words, _, _ in
        (try? await queue(words)?.destinations().prefix(most).map(\.name)) ?? []
    }

    /// The ids of the newest uploads.
    static let uploads = CompletionKind.custom { words, _, _ in
        (try? await queue(words)?.newestUploads(limit: most).map { "\($0)" }) ?? []
    }

    /// A queue that exists; none is made for the sake of a completion.
    private static func queue(_ words: [String]) async throws -> UploadQueue? {
        var options = DatabaseOptions()
        options.file = words.firstIndex(of: "--database").flatMap { words.dropFirst($0 + 1).first }
        return try await options.openExisting()
    }
}
