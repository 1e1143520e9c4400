import Testing

@testable import upload_queue

@Suite struct KeyParserTests {
    private static func keys(_ pieces: String...) -> [Key] {
        var parser = KeyParser()
        return pieces.flatMap { parser.take($0.utf8) } + parser.end()
    }

    @Test(
        arguments: [
            ("j", .character("j")), ("\r", .enter), ("\n", .enter), ("\u{3}", .interrupt), ("\u{1A}", .suspend),
            ("\u{C}", .redraw), ("\u{1B}", .escape), ("\u{1B}[A", .up), ("\u{1B}OB", .down), ("\u{1B}[1;5A", .up),
            ("\u{1B}[5~", .pageUp), ("\u{1B}[6~", .pageDown), ("\u{1B}[H", .first), ("\u{1B}[4~", .last),
        ] as [(String, Key)]
    )
    func bytesAreKeys(_ bytes: String, _ key: Key) {
        #expect(Self.keys(bytes) == [key])
    }

    @Test func sequencesMayComeInPieces() {
        #expect(Self.keys("\u{1B}", "[", "A", "\u{1B}[", "5", "~q") == [.up, .pageUp, .character("q")])
    }

    @Test func manyKeysMayComeAtOnce() {
        #expect(
            Self.keys("jjp\u{1B}[Bq") == [.character("j"), .character("j"), .character("p"), .down, .character("q")]
        )
    }

    @Test func aLoneEscapeIsAKeyOnceNothingFollows() {
        var parser = KeyParser()
        #expect(parser.take([0x1B]).isEmpty)
        #expect(parser.isWaiting)
        #expect(parser.end() == [.escape])
        #expect(!parser.isWaiting)
        #expect(Self.keys("\u{1B}\u{1B}[A") == [.escape, .up])
    }

    @Test func whatIsNoKeyHereIsNone() {
        // A function key, a mouse report's start, a key with Alt, letters beyond ASCII, an endless sequence.
        #expect(Self.keys("\u{1B}[15~", "\u{1B}[<0;1;1q", "\u{1B}q", "é日") == [])
        #expect(Self.keys("\u{1B}[" + String(repeating: "1", count: 100)).allSatisfy { $0 == .character("1") })
    }
}
