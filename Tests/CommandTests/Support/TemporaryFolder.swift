import Foundation
import Testing

/// A folder of its own for one test, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let named = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_TEST_FOLDER"]
        path = try Self.make(in: named ?? NSTemporaryDirectory())
    }

    /// On another filesystem.
    init(besides other: TemporaryFolder) throws {
        let device = { (path: String) in try FileManager.default.attributesOfItem(atPath: path)[.systemNumber] as? Int }
        let taken = try device(other.path)
        let base = ["/dev/shm", "/var/tmp", "/tmp"].first { (try? device($0)).map { $0 != taken } ?? false }
        path = try Self.make(in: #require(base, "no other filesystem"))
    }

    private static func make(in base: String) throws -> String {
        let path = URL(filePath: base).appending(path: "upload-queue-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes bytes that differ from those of any other seed, in pieces.
    @discardableResult
    func write(_ name: String, bytes: Int, seed: UInt64) throws -> String {
        let file = URL(filePath: self[name])
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        var left = bytes
        while left > 0 {
            var words = [UInt64](repeating: 0, count: (min(left, 1 << 20) + 7) / 8)
            for index in words.indices {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                words[index] = state
            }
            let piece = words.withUnsafeBytes { Data($0).prefix(left) }
            try handle.write(contentsOf: piece)
            left -= piece.count
        }
        return self[name]
    }
}
