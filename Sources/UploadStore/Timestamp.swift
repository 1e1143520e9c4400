#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// The one way times are written: UTC with milliseconds, `2026-11-22T15:13:24.000Z`.
package enum Timestamp {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// Writes a time, to the nearest millisecond.
    ///
    /// The style leaves out what is less than one: a time that was read would be written as the millisecond before.
    package static func text(_ date: Date) -> String { date.addingTimeInterval(0.000_5).formatted(style) }

    /// Reads a time, nil where the text is not one in this very form.
    ///
    /// The style reads the beginning of many others.
    package static func date(_ text: String?) -> Date? {
        guard let text, let date = try? style.parse(text), Self.text(date) == text else { return nil }
        return date
    }
}
