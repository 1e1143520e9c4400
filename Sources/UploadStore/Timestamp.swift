#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// The one way times are written: UTC with milliseconds, `2026-11-22T15:13:24.000Z`.
package enum Timestamp {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// Writes a time.
    package static func text(_ date: Date) -> String { date.formatted(style) }

    /// Reads a time, nil where the text is not one.
    package static func date(_ text: String?) -> Date? { text.flatMap { try? style.parse($0) } }
}
