import Foundation

/// A new folder that only this user can read.
struct TemporaryFolder {
    let url: URL

    init(in base: URL) throws {
        url = base.appending(path: "upload-queue-benchmark-\(UUID().uuidString)", directoryHint: .isDirectory)
        do {
            try FileManager.default.createDirectory(
                at: url,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw BenchmarkError.failed("cannot create \(url.path): \(error.localizedDescription)")
        }
    }

    /// Removes it with everything in it.
    func remove() {
        do {
            try FileManager.default.removeItem(at: url)
        } catch {
            Progress.note("cannot remove \(url.path): \(error.localizedDescription); remove it yourself")
        }
    }
}
