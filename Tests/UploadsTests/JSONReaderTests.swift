import Testing

@testable import Uploads

@Suite struct JSONReaderTests {
    private func value(_ text: String) -> JSONValue? { JSONReader.value(of: Array(text.utf8)) }

    @Test(
        arguments: [
            ("null", .null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .integer(0)),
            ("-12", .integer(-12)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("5.0", .integer(5)), ("1e2", .integer(100)),
            ("-0.5E-1", .number(-0.05)), ("-0", .integer(0)), ("[]", .array([])), ("{}", .object([:])),
            ("[ 1 ,\t\"a\"\r\n]", .array([.integer(1), "a"])),
            ("{ \"a\" : { \"b\" : [ ] } }", .object(["a": .object(["b": .array([])])])),
            (#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00ü""#, "\"\\/\u{08}\u{0C}\n\r\té😀ü"),
            (#"{"a":1,"a":2}"#, .object(["a": .integer(1)])),
        ] as [(String, JSONValue)]
    )
    func reads(text: String, expected: JSONValue) {
        #expect(value(text) == expected)
    }

    @Test(arguments: [
        "", " ", "nul", "True", "[1,]", "[,1]", "[1 2]", "[1", "]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "1 2",
        "01", "-", "+1",
        ".5", "1.", "1e", "1e+", "0x1", "NaN", "1e999", "\"", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u+123\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"",
        "\"\\udc00\"", "\"\n\"", "\u{FEFF}1",
    ])
    func refuses(text: String) {
        #expect(value(text) == nil)
    }

    @Test func takesNoTextThatIsNotUTF8() {
        #expect(JSONReader.value(of: [0x22, 0xFF, 0x22]) == nil)
    }

    @Test func depthIsBounded() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(value(nested(512)) != nil)
        #expect(value(nested(514)) == nil)
        #expect(value(String(repeating: "[{\"a\":", count: 1 << 16)) == nil)
    }

    /// A mebibyte of deep lists: what grew with their depth too would take a quarter of an hour, and meet the suite's end.
    @Test(.timeLimit(.minutes(5))) func aDeepAnswerIsReadLikeAnyOther() throws {
        let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        let text = "[" + Array(repeating: deep, count: 1_048).joined(separator: ",") + "]"
        guard case .array(let items)? = value(text) else {
            Issue.record("a document is not read")
            return
        }
        #expect(items.count == 1_048 && items.last?.compactText == deep)
    }
}
