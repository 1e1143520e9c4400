import Foundation

/// Files of one size.
struct Workload: Encodable {
    /// How many.
    var files: Int
    /// Bytes of each.
    var fileBytes: Int
    /// Files that a client uploads at the same time.
    var concurrency = 8

    /// What is measured.
    static let full = [Workload(files: 1, fileBytes: 1 << 30), Workload(files: 2_000, fileBytes: 64 << 10)]
    /// What CI can afford.
    static let quick = [Workload(files: 1, fileBytes: 32 << 20), Workload(files: 100, fileBytes: 64 << 10)]

    /// It in words.
    var title: String {
        let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        let (unit, name) = units.first { fileBytes >= $0.0 } ?? (1, "B")
        let size = "\(fileBytes / unit) \(name)"
        return files == 1 ? "1 file of \(size)" : "\(files) files of \(size), \(concurrency) at a time"
    }

    /// Writes the files, no two of them alike and none compressible.
    ///
    /// - Parameter folder: A new folder for them.
    /// - Returns: The files.
    /// - Throws: What went wrong with a file.
    func makeSources(in folder: URL) throws -> [URL] {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        var random = SplitMix(state: UInt64(fileBytes))
        return try (1...files).map { number in
            let file = folder.appending(path: "\(number).bin")
            try Data().write(to: file)
            let handle = try FileHandle(forWritingTo: file)
            defer { try? handle.close() }
            var left = fileBytes
            while left > 0 {
                let piece = min(left, 1 << 20)
                let words = (0..<(piece + 7) / 8).map { _ in random.next() }
                try handle.write(contentsOf: words.withUnsafeBytes { Data($0.prefix(piece)) })
                left -= piece
            }
            return file
        }
    }
}

/// SplitMix64: the same files in every run.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
