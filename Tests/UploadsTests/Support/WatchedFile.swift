import DevelopmentServer
import Foundation
import Synchronization

/// A file that changes while a PATCH is answered; its path is known only once the server runs.
final class WatchedFile: Sendable {
    private let path = Mutex<String?>(nil)

    func set(_ path: String) { self.path.withLock { $0 = path } }

    func forget() { path.withLock { $0 = nil } }

    /// What a server calls right before it answers.
    func atTransfer(_ change: @escaping @Sendable (String) throws -> Void) -> @Sendable (RequestRecord) -> Void {
        { record in
            guard record.step == .transfer, let path = self.path.withLock(\.self) else { return }
            try? change(path)
        }
    }
}
