/// Inputs made of others, the same for the same seed.
struct Mutations {
    /// Pieces that parsers look for.
    private static let pieces: [[UInt8]] = [
        "\r\n", "\n", "\0", " ", ":", "=", ",", ";", "/", "//", "@", "#", "?", "%00", "%0d%0a", "[", "]", "{", "}",
        "{{",
        "\"", "\\", "\\u0000", "..", "-", "+", "0", "-1", "1e999", "65536", "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999", "null", "true", "[[[[[[[[", "http://", "HTTPS://", "é", "\u{301}", "\u{202E}",
        "\u{1F1E9}",
        "\u{FEFF}", "\u{1B}[", "\n---\n", "GMT",
    ].map { Array($0.utf8) }
    private static let longest = 1 << 14

    private var random: Generator
    private let corpus: [[UInt8]]

    init(of corpus: [[UInt8]], seed: UInt64) {
        self.corpus = corpus
        random = Generator(state: seed)
    }

    /// The input with one to five changes.
    mutating func next(from input: [UInt8]) -> [UInt8] {
        var bytes = input
        for _ in 0...Int.random(in: 0..<5, using: &random) { change(&bytes) }
        return Array(bytes.prefix(Self.longest))
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 0...16, using: &random))
        switch Int.random(in: 0..<7, using: &random) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where place < bytes.count: bytes[place] = .random(in: .min ... .max, using: &random)
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 4: bytes.removeSubrange(place...)
        case 5:
            let other = corpus.randomElement(using: &random) ?? []
            bytes.replaceSubrange(place..., with: other.dropFirst(Int.random(in: 0...other.count, using: &random)))
        default: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
        }
    }

    /// SplitMix64: the same numbers for the same seed, everywhere.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
