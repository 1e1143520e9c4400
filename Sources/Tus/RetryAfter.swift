#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// The `Retry-After` field of an answer (RFC 9110 §10.2.3).
package enum RetryAfter: Sendable, Equatable {
    /// Seconds to wait, 0 to 2^31.
    case seconds(Int64)
    /// Wait until then; a two-digit year below 70 is in this century.
    case date(Date)

    /// Reads a field value: seconds, or one of the three forms of an HTTP date.
    ///
    /// Anything else is nil.
    /// More than 2^31 seconds are read as 2^31.
    package init?(_ value: String) {
        let text = value.drop { $0 == " " || $0 == "\t" }
        let longest: Int64 = 1 << 31
        if !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) {
            self = .seconds(min(Int64(decimalDigits: text) ?? longest, longest))
        } else if let date = HTTPDate.parse(value) {
            self = .date(date)
        } else {
            return nil
        }
    }
}
