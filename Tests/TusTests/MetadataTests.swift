import Testing
import Tus

@Suite struct MetadataTests {
    @Test(arguments: [
        "a", "a b", "é", "e\u{301}", "日本語", "😀👩‍👩‍👧", "a,b c", "\u{0}\u{1}\n", "", " ", "\u{FEFF}x", "مرحبا",
        String(repeating: "ü", count: 4_000),
    ])
    func valuesComeBack(value: String) throws {
        let pairs = [
            Metadata.Pair(key: "filename", value: value), .init(key: "a-b_c.d", value: "x"),
            .init(key: "z", value: value),
        ]
        let metadata = try Metadata(pairs)
        let field = try #require(metadata.encoded)
        #expect(field.utf8.allSatisfy { 0x20...0x7E ~= $0 })
        let decoded = try Metadata(decoding: field)
        #expect(decoded == metadata)
        #expect(decoded.pairs.map { Array($0.value.utf8) } == pairs.map { Array($0.value.utf8) })
    }

    @Test func orderIsKept() throws {
        let metadata = try Metadata([.init(key: "b", value: "1"), .init(key: "a", value: "2")])
        #expect(metadata.encoded == "b MQ==,a Mg==")
    }

    @Test func noPairsAreNoField() throws {
        #expect(try Metadata([]).encoded == nil)
        #expect(try Metadata([]) == .none)
        #expect(try Metadata(decoding: " ").pairs.isEmpty)
    }

    @Test(arguments: ["key", "key ", " key"])
    func emptyValueMayLackTheSpace(field: String) throws {
        #expect(try Metadata(decoding: field).pairs == [.init(key: "key", value: "")])
    }

    @Test(arguments: ["", " ", "a b", "a,b", "é", "a\t", "a\u{7F}", "\r\nX-Injected: 1"])
    func badKeysAreRefused(key: String) throws {
        let problem = try #require(throws: Problem.self) { try Metadata([.init(key: key, value: "x")]) }
        #expect(problem.code == "metadata_invalid")
    }

    @Test func repeatedKeysAreRefused() {
        #expect(throws: Problem.self) {
            try Metadata([.init(key: "a", value: "1"), .init(key: "b", value: "2"), .init(key: "a", value: "3")])
        }
    }

    @Test(arguments: ["a b c", "a !!!", "a gA==", ",", "a,,b", "a MQ", "a MQ==,a MQ=="])
    func badFieldsAreRefused(field: String) {
        #expect(throws: Problem.self) { try Metadata(decoding: field) }
    }

    @Test func fieldIsBounded() throws {
        // 24,573 bytes are 32,764 in base64; with "abc" and the space that is the bound of 32,768.
        let fits = try Metadata([.init(key: "abc", value: String(repeating: "x", count: 24_573))])
        #expect(fits.encoded?.utf8.count == Metadata.longestField)
        let problem = try #require(throws: Problem.self) {
            try Metadata([.init(key: "abcd", value: String(repeating: "x", count: 24_573))])
        }
        #expect(problem.message.contains("32769") && !problem.message.contains("xxx"))
        #expect(throws: Problem.self) { try Metadata(decoding: String(repeating: "a", count: 32_769)) }
    }
}
