import Crypto
import Foundation

/// SHA-256 of each of some files, whatever their names.
struct Digests: Equatable {
    /// How often each digest is there.
    private var counts: [SHA256.Digest: Int] = [:]

    init(of files: [URL]) throws {
        for file in files { counts[try Self.digest(of: file), default: 0] += 1 }
    }

    /// How many files are there and not in others.
    func missing(in others: Digests) -> Int {
        counts.reduce(0) { $0 + max(0, $1.value - (others.counts[$1.key] ?? 0)) }
    }

    private static func digest(of file: URL) throws -> SHA256.Digest {
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        var hash = SHA256()
        while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
        return hash.finalize()
    }
}
