#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// HTTP dates (RFC 9110 §5.6.7), read by hand: a date formatter would depend on locale data.
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longDays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    /// Reads IMF-fixdate, RFC 850 and asctime dates.
    ///
    /// The name of the day is checked for form only.
    static func parse(_ text: String) -> Date? {
        let words = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard let first = words.first else { return nil }
        let day = String(first.prefix { $0 != "," })
        let hasComma = first.count == day.count + 1
        if hasComma, days.contains(day), words.count == 6, words[5] == "GMT" {
            return date(year: words[3], digits: 4, month: words[2], day: words[1], time: words[4])
        }
        if hasComma, longDays.contains(day), words.count == 4, words[3] == "GMT" {
            let parts = words[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3 else { return nil }
            return date(year: parts[2], digits: 2, month: parts[1], day: parts[0], time: words[2])
        }
        if first == day, days.contains(day), words.count == 5 {
            return date(year: words[4], digits: 4, month: words[1], day: words[2], time: words[3])
        }
        return nil
    }

    private static func date(year: String, digits: Int, month: String, day: String, time: String) -> Date? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false)
        guard
            year.count == digits, let yearNumber = Int64(decimalDigits: year),
            let monthIndex = months.firstIndex(of: month),
            day.count <= 2, let dayNumber = Int64(decimalDigits: day), 1...31 ~= dayNumber,
            clock.count == 3, clock.allSatisfy({ $0.count == 2 }),
            let hour = Int64(decimalDigits: clock[0]), 0...23 ~= hour,
            let minute = Int64(decimalDigits: clock[1]), 0...59 ~= minute,
            let second = Int64(decimalDigits: clock[2]), 0...60 ~= second
        else { return nil }
        // No clock here, so a two-digit year cannot be read relative to today.
        let fullYear = digits == 4 ? yearNumber : yearNumber + (yearNumber < 70 ? 2000 : 1900)
        let epochDay = daysSinceEpoch(year: fullYear, month: Int64(monthIndex) + 1, day: dayNumber)
        return Date(timeIntervalSince1970: Double(epochDay * 86_400 + hour * 3_600 + minute * 60 + second))
    }

    /// Days from 1970-01-01 in the Gregorian calendar: years start in March, so a leap day is a year's last.
    private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month > 2 ? year : year - 1
        let shiftedMonth = month > 2 ? month - 3 : month + 9
        let leapDays = shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400
        let daysBeforeEpoch: Int64 = 719_468
        return shiftedYear * 365 + leapDays + (shiftedMonth * 153 + 2) / 5 + day - 1 - daysBeforeEpoch
    }
}
