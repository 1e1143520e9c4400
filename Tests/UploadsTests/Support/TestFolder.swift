import Foundation

/// A folder of its own for one test, removed with it.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "uploads-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file that need not exist.
    subscript(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file of bytes that no other seed gives.
    @discardableResult
    func write(_ name: String, bytes: Int, seed: UInt64 = 1) throws -> String {
        try Self.bytes(bytes, seed: seed).write(to: URL(filePath: self[name]))
        return self[name]
    }

    static func bytes(_ count: Int, seed: UInt64 = 1) -> Data {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        var data = Data(capacity: count + 8)
        while data.count < count {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            withUnsafeBytes(of: state) { data.append(contentsOf: $0) }
        }
        return data.prefix(count)
    }
}
