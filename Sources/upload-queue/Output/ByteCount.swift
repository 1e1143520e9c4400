import ArgumentParser

/// A number of bytes as people write it: `1.5 MiB`.
struct ByteCount: Sendable, Equatable, CustomStringConvertible, ExpressibleByArgument {
    var bytes: Int64

    init(_ bytes: Int64) { self.bytes = bytes }

    /// Reads `8388608`, `8MiB`, `8M` or `8MB`; K, M and G alone are the binary ones.
    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let unit = argument.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        guard let count = Int64(digits), let factor = Self.factors[unit] else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
        if overflow { return nil }
        self.bytes = bytes
    }

    private static let factors: [String: Int64] = [
        "": 1, "b": 1, "k": 1 << 10, "kib": 1 << 10, "kb": 1000, "m": 1 << 20, "mib": 1 << 20, "mb": 1_000_000,
        "g": 1 << 30, "gib": 1 << 30, "gb": 1_000_000_000,
    ]

    var description: String {
        var value = Double(bytes)
        var unit = "B"
        for larger in ["KiB", "MiB", "GiB", "TiB", "PiB"] where value >= 1023.95 {
            value /= 1024
            unit = larger
        }
        return unit == "B" ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(unit)"
    }
}
