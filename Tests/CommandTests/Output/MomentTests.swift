import Foundation
import Testing

@testable import upload_queue

@Suite struct MomentTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    @Test(
        arguments: [
            (0, "now"), (0.4, "now"), (12, "in 12 s"), (-12, "12 s ago"), (-59, "59 s ago"), (-61, "1 min ago"),
            (-7199, "119 min ago"), (7200, "in 2 h"), (-172_799, "47 h ago"), (-172_800, "2 d ago"),
        ]
    )
    func relativeTimeHasOneUnit(_ seconds: Double, _ text: String) {
        #expect(Moment(Self.now + seconds).relative(to: Self.now) == text)
    }

    @Test func ageOfTheFutureIsNone() {
        #expect(Moment(Self.now + 5).age(at: Self.now) == "0 s")
        #expect(Moment(Self.now - 300).age(at: Self.now) == "5 min")
    }

    @Test func spanOfAnythingIsBounded() {
        #expect(Moment.span(.greatestFiniteMagnitude) == "11574074 d")
    }

    @Test func localTimeIsTheOneOfTheQueue() throws {
        let moment = try #require(Moment("2026-11-26T16:05:53.684Z"))
        var parts = DateComponents()
        (parts.year, parts.month, parts.day) = (2026, 11, 26)
        (parts.hour, parts.minute, parts.second) = (16, 5, 53)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let date = try #require(calendar.date(from: parts))
        #expect(abs(moment.date.timeIntervalSince(date) - 0.684) < 0.001)
        let local = date.ISO8601Format(.init(timeZone: .current)).prefix(19)
        #expect(moment.local == local.replacing("T", with: " "))
        #expect(Moment("yesterday") == nil)
    }
}
