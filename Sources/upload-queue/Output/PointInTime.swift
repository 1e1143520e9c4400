import ArgumentParser
import Foundation
import UploadStore

/// A time that a person names: a span from now (`90s`, `30m`, `2h`, `3d`, `1w`), a day, or a day with a time.
struct PointInTime: ExpressibleByArgument {
    private enum Form {
        case span(TimeInterval)
        case moment(Date)
    }

    private static let units: [Character: TimeInterval] = ["s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800]
    private static let furthest: TimeInterval = 100 * 366 * 86400

    private let form: Form

    init?(argument: String) {
        if let unit = argument.last.flatMap({ Self.units[$0] }), let count = Double(argument.dropLast()),
            0...Self.furthest ~= count * unit
        {
            form = .span(count * unit)
        } else if let date = Self.date(argument) {
            form = .moment(date)
        } else {
            return nil
        }
    }

    /// The time, where a span is one back from now.
    func before(_ now: Date) -> Date { date(now, -1) }

    /// The time, where a span is one from now on.
    func after(_ now: Date) -> Date { date(now, 1) }

    private func date(_ now: Date, _ direction: Double) -> Date {
        switch form {
        case .span(let seconds): now.addingTimeInterval(seconds * direction)
        case .moment(let date): date
        }
    }

    /// A day and a day with a time of day are of this machine's time zone, unless they say Z.
    private static func date(_ text: String) -> Date? {
        if let date = Timestamp.date(text) ?? (try? Date.ISO8601FormatStyle().parse(text)) { return date }
        let day = Date.ISO8601FormatStyle(timeZone: .current).year().month().day()
        let time = day.dateTimeSeparator(.standard).time(includingFractionalSeconds: false)
        var normal = text.replacing(" ", with: "T")
        // A minute is enough for a person.
        if normal.count == "2026-11-26T14:00".count { normal += ":00" }
        return normal.count > "2026-11-26".count ? try? time.parse(normal) : try? day.parse(normal)
    }
}
