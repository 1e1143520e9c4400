import Foundation
import Testing

@testable import upload_queue

@Suite struct PointInTimeTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    @Test(arguments: [("0s", 0), ("90s", 90), ("30m", 1800), ("2h", 7200), ("1.5d", 129_600), ("1w", 604_800)])
    func spanGoesBackFromNow(_ text: String, _ seconds: Double) throws {
        #expect(try #require(PointInTime(argument: text)).before(Self.now) == Self.now - seconds)
    }

    @Test(
        arguments: [
            "2026-11-26", "2026-11-26T14:00", "2026-11-26 14:00", "2026-11-26T14:00:30", "2026-11-26T13:00:00Z",
            "2026-11-26T13:00:00+02:00", "2026-11-26T13:00:00.500Z",
        ]
    )
    func timesAreRead(_ text: String) throws {
        let date = try #require(PointInTime(argument: text)).before(Self.now)
        let format = Date.ISO8601FormatStyle(timeZone: .current)
        if text.hasSuffix("Z") || text.contains("+") {
            let exact = text.replacing(".500", with: "")
            let expected = try Date.ISO8601FormatStyle().parse(exact)
            #expect(date.timeIntervalSince(expected) == (exact == text ? 0 : 0.5))
        } else {
            let full = text.replacing(" ", with: "T") + "2026-11-26T00:00:00".dropFirst(text.count)
            #expect(date.formatted(format).hasPrefix(full))
        }
    }

    @Test(arguments: ["", "h", "2", "-1h", "2y", "yesterday", "2026-13-01", "nans", "infd", "99999999w", "26.11.2026"])
    func otherTextIsRefused(_ text: String) {
        #expect(PointInTime(argument: text) == nil)
    }
}
