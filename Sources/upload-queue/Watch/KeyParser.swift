/// Makes keys of the bytes that a terminal sends (ECMA-48; a cursor key is `ESC [ A` or `ESC O A`).
struct KeyParser {
    /// Longer sequences are no key.
    private static let longest = 32

    private var pending: [UInt8] = []

    /// Whether bytes are kept that may be the start of a longer sequence.
    var isWaiting: Bool { !pending.isEmpty }

    /// Takes bytes as they come; a sequence may arrive in several pieces.
    ///
    /// - Parameter bytes: What was read.
    /// - Returns: The keys that are complete.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [Key] { bytes.compactMap { take($0) } }

    /// Nothing follows: a lone escape byte is the key of that name.
    mutating func end() -> [Key] {
        defer { pending = [] }
        return pending == [0x1B] ? [.escape] : []
    }

    private mutating func take(_ byte: UInt8) -> Key? {
        switch (pending.count, byte) {
        case (_, 0x1B):
            // A sequence that was broken off is forgotten; two escapes are one key, and the start of another.
            defer { pending = [0x1B] }
            return pending == [0x1B] ? .escape : nil
        case (0, _): return Self.plain(byte)
        case (1, UInt8(ascii: "[")), (1, UInt8(ascii: "O")):
            pending.append(byte)
            return nil
        case (1, _):
            // A key together with Alt.
            pending = []
            return nil
        case (..<Self.longest, 0x20...0x3F):
            pending.append(byte)
            return nil
        default:
            defer { pending = [] }
            return Self.sequence(pending.dropFirst(2), byte)
        }
    }

    private static func plain(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x03: .interrupt
        case 0x0A, 0x0D: .enter
        case 0x0C: .redraw
        case 0x1A: .suspend
        case 0x20...0x7E: .character(Character(Unicode.Scalar(byte)))
        default: nil
        }
    }

    private static func sequence(_ parameters: ArraySlice<UInt8>, _ final: UInt8) -> Key? {
        switch (String(decoding: parameters, as: UTF8.self), Unicode.Scalar(final)) {
        case (_, "A"): .up
        case (_, "B"): .down
        case ("5", "~"): .pageUp
        case ("6", "~"): .pageDown
        case (_, "H"), ("1", "~"), ("7", "~"): .first
        case (_, "F"), ("4", "~"), ("8", "~"): .last
        case (_, "M"): .enter
        default: nil
        }
    }
}
