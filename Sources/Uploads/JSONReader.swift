/// Reads one JSON document (RFC 8259), in a time that grows with its length alone.
///
/// `JSONDecoder` finds out what a value is by trying, and each try that fails costs as much as the value lies deep: a
/// host's answer of a kilobyte could keep a worker busy for a second.
struct JSONReader {
    /// The levels of a document; it is read by a function that calls itself.
    private static let deepest = 512

    private let bytes: [UInt8]
    private var position = 0

    /// What a document says; nil where it is none, is deeper than 512 levels, or has a number that no `Double` holds.
    static func value(of document: [UInt8]) -> JSONValue? {
        var reader = JSONReader(bytes: document)
        guard let value = reader.value(at: 0) else { return nil }
        reader.skipSpace()
        return reader.next == nil ? value : nil
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    /// Goes past a text where it comes next.
    private mutating func take(_ text: StaticString) -> Bool {
        let end = position + text.utf8CodeUnitCount
        guard end <= bytes.count, bytes[position..<end].elementsEqual(text.bytes) else { return false }
        position = end
        return true
    }

    /// As ``take(_:)``, with space before it.
    private mutating func find(_ text: StaticString) -> Bool {
        skipSpace()
        return take(text)
    }

    private mutating func value(at depth: Int) -> JSONValue? {
        guard depth <= Self.deepest else { return nil }
        skipSpace()
        if take("{") { return object(at: depth + 1) }
        if take("[") { return array(at: depth + 1) }
        if take("\"") { return string().map(JSONValue.string) }
        if take("true") { return .bool(true) }
        if take("false") { return .bool(false) }
        if take("null") { return .null }
        return number()
    }

    private mutating func array(at depth: Int) -> JSONValue? {
        if find("]") { return .array([]) }
        var items: [JSONValue] = []
        repeat {
            guard let item = value(at: depth) else { return nil }
            items.append(item)
        } while find(",")
        return find("]") ? .array(items) : nil
    }

    private mutating func object(at depth: Int) -> JSONValue? {
        if find("}") { return .object([:]) }
        var members: [String: JSONValue] = [:]
        repeat {
            guard find("\""), let name = string(), find(":"), let member = value(at: depth) else { return nil }
            // Of two with one name the first counts, as for `JSONDecoder`.
            members[name] = members[name] ?? member
        } while find(",")
        return find("}") ? .object(members) : nil
    }

    /// After the quote that begins it.
    private mutating func string() -> String? {
        var text: [UInt8] = []
        while let byte = next, byte >= 0x20 {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let character = escaped() else { return nil }
                text += UTF8.encode(character) ?? .init()
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
        guard let byte = next else { return nil }
        position += 1
        switch byte {
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return unicode()
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        default: return nil
        }
    }

    /// Four hexadecimal digits; two times four for a character beyond U+FFFF (section 7).
    private mutating func unicode() -> Unicode.Scalar? {
        guard let unit = fourDigits() else { return nil }
        guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) }
        guard take("\\u"), let low = fourDigits(), UTF16.isTrailSurrogate(low) else { return nil }
        return UTF16.decode(.init([unit, low]))
    }

    private mutating func fourDigits() -> UInt16? {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        position += 4
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    /// An integer where it is one that fits 64 bits, whatever way it is written.
    private mutating func number() -> JSONValue? {
        let start = position
        _ = take("-")
        let whole = digits()
        guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return nil }
        var isWhole = true
        if take(".") {
            isWhole = false
            guard !digits().isEmpty else { return nil }
        }
        if take("e") || take("E") {
            isWhole = false
            _ = take("+") || take("-")
            guard !digits().isEmpty else { return nil }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { return nil }
        return Int64(exactly: number).map(JSONValue.integer) ?? .number(number)
    }

    private mutating func digits() -> ArraySlice<UInt8> {
        let digits = bytes[position...].prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        position += digits.count
        return digits
    }
}

extension StaticString {
    fileprivate var bytes: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
