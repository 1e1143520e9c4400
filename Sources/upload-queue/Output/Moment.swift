import Foundation
import UploadStore

/// A time of the queue, as people say it.
struct Moment {
    let date: Date

    init(_ date: Date) { self.date = date }

    /// Reads the form in which the queue keeps times; nil where it is not one.
    init?(_ text: String?) {
        guard let date = Timestamp.date(text) else { return nil }
        self.date = date
    }

    /// Such as `12 s ago` or `in 3 min`.
    func relative(to now: Date) -> String {
        let seconds = date.timeIntervalSince(now)
        if abs(seconds) < 0.5 { return "now" }
        let span = Self.span(abs(seconds))
        return seconds < 0 ? "\(span) ago" : "in \(span)"
    }

    /// How long ago it is, without more words; for tables.
    func age(at now: Date) -> String { Self.span(max(0, now.timeIntervalSince(date))) }

    /// The day and the time of day in the time zone of this machine.
    var local: String { "\(day) \(timeOfDay)" }

    /// The time of day in the time zone of this machine.
    var timeOfDay: String {
        let parts = Calendar.current.dateComponents([.hour, .minute, .second], from: date)
        return [parts.hour, parts.minute, parts.second].map(Self.twoDigits).joined(separator: ":")
    }

    private var day: String {
        let parts = Calendar.current.dateComponents([.year, .month, .day], from: date)
        return [parts.year, parts.month, parts.day].map(Self.twoDigits).joined(separator: "-")
    }

    private static func twoDigits(_ number: Int?) -> String {
        let text = "\(number ?? 0)"
        return text.count < 2 ? "0" + text : text
    }

    /// The largest unit that fits, rounded down: `59 s`, `3 min`, `26 h`, `12 d`.
    static func span(_ seconds: TimeInterval) -> String {
        switch seconds {
        case ..<60: "\(Int(seconds.rounded())) s"
        case ..<7200: "\(Int(seconds / 60)) min"
        case ..<172_800: "\(Int(seconds / 3600)) h"
        default: "\(Int(min(seconds, 1e12) / 86400)) d"
        }
    }
}
