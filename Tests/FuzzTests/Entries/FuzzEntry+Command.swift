import Foundation
import UploadStore

@testable import upload_queue

/// What the command reads: keys, lists, arguments; and what it shows of all that came from elsewhere.
extension FuzzEntry {
    static let command = [
        FuzzEntry("keys", readKeys),
        FuzzEntry("list", readList),
        FuzzEntry("argument", readArgument),
        FuzzEntry("display", show),
    ]

    /// In pieces, of which the first byte tells the size, they are the same keys.
    private static func readKeys(_ bytes: [UInt8]) throws {
        let typed = bytes.dropFirst()
        var whole = KeyParser()
        let keys = whole.take(typed)
        let size = Int(bytes.first ?? 0) % 7 + 1
        var parser = KeyParser()
        var pieces: [Key] = []
        for start in stride(from: typed.startIndex, to: typed.endIndex, by: size) {
            pieces += parser.take(typed[start..<min(start + size, typed.endIndex)])
        }
        try hold(pieces == keys, "in pieces of \(size) bytes they are other keys")
        try hold(parser.isWaiting == whole.isWaiting, "in pieces of \(size) bytes other keys are waited for")
        try hold(keys.count <= typed.count, "there are more keys than bytes")
        let last = parser.end()
        try hold(last.isEmpty || last == [.escape], "the end is \(last)")
        try hold(parser.take([UInt8(ascii: "q")]) == [.character("q")], "after the end a key is not itself")
    }

    /// The first byte tells what ends a line.
    private static func readList(_ bytes: [UInt8]) throws {
        let ending: UInt8 = (bytes.first ?? 0) % 2 == 0 ? 0 : UInt8(ascii: "\n")
        let file = FileManager.default.temporaryDirectory.appending(path: "list-\(UUID().uuidString)")
        try Data(bytes.dropFirst()).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let reader = try ListReader(file.path, ending: ending)
        var lines: [[UInt8]] = []
        do {
            while let line = try reader.next() { lines.append(Array(line)) }
        } catch let error as CommandError {
            try hold(error.status == .badData && bytes.count > 1 << 16, "\(error)")
            return
        }
        var expected = bytes.dropFirst().split(separator: ending, omittingEmptySubsequences: false).map(Array.init)
        if expected.last?.isEmpty == true { expected.removeLast() }
        try hold(lines == expected, "\(lines.count) lines were read, there are \(expected.count)")
        try hold(try reader.next() == nil, "after the end there is another line")
    }

    private static func readArgument(_ bytes: [UInt8]) throws {
        let text = FuzzInput.text(bytes)
        if let count = ByteCount(argument: text) {
            try hold(count.bytes >= 0, "\(text) is \(count.bytes) bytes")
            _ = count.description
        }
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        if let point = PointInTime(argument: text) {
            for date in [point.before(now), point.after(now)] {
                _ = Timestamp.text(date)
                _ = Moment(date).relative(to: now) + Moment(date).local + Moment(date).age(at: now)
            }
        }
        if let date = Timestamp.date(text) {
            try hold(Timestamp.date(Timestamp.text(date)) == date, "\(text) is written as \(Timestamp.text(date))")
        }
        for read in [NamedValue.pair, NamedValue.header, NamedValue.secret] {
            guard let value = try? read(text) else { continue }
            try hold(!value.name.isEmpty && text.hasPrefix(value.name), "\(text) has the name \(value.name)")
        }
    }

    /// The first byte tells a width.
    private static func show(_ bytes: [UInt8]) throws {
        let width = Int(bytes.first ?? 0) % 60 + 2
        let text = FuzzInput.text(Array(bytes.dropFirst())).visible
        let steers = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        try hold(!steers, "a text steers the terminal")
        try hold(text.visible == text, "a text is shown as another: \(text.visible)")
        for keepsEnd in [false, true] {
            let cut = text.cut(to: width, keepsEnd: keepsEnd, mark: "…")
            try hold(cut.columns <= width, "a text of \(width) columns takes \(cut.columns): \(cut)")
        }
        let lines = text.wrapped(to: width, indent: 0, breaksWords: true).split(separator: "\n")
        try hold(lines.allSatisfy { $0.reduce(0) { $0 + $1.columns } <= width }, "a line is wider than \(width)")
    }
}
