import Foundation
import Synchronization

/// The path of a file that a server's callback changes, known only once the server runs.
final class WatchedFile: Sendable {
    private let path = Mutex<String?>(nil)

    func set(_ path: String) { self.path.withLock { $0 = path } }

    func forget() { path.withLock { $0 = nil } }

    /// Adds text to the file, where a path was set.
    func append(_ text: String) {
        guard let path = path.withLock(\.self), let file = FileHandle(forWritingAtPath: path) else { return }
        file.seekToEndOfFile()
        file.write(Data(text.utf8))
        try? file.close()
    }

    /// Does something with the path, where it was set.
    func change(_ body: (String) throws -> Void) {
        guard let path = path.withLock(\.self) else { return }
        try? body(path)
    }
}
