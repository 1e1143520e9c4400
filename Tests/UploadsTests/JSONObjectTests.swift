import Testing

@testable import Uploads

@Suite struct JSONObjectTests {
    @Test func survivesARoundTrip() {
        let values = ["a": "b", "": "", "ü\"\\/": "\u{1F642}\n\0'", "z": "https://a/b"]
        #expect(JSONObject.decode(JSONObject.encode(values)) == values)
        #expect(JSONObject.encode(["b": "1/2", "a": ""]) == #"{"a":"","b":"1/2"}"#)
        #expect(JSONObject.encode([:]) == "{}")
    }

    @Test func takesScalarsAsTheirText() {
        #expect(
            JSONObject.decode(#"{"i": 7, "b": true, "n": 1.5, "s": "x"}"#)
                == ["i": "7", "b": "true", "n": "1.5", "s": "x"]
        )
    }

    @Test(arguments: ["", "[]", "{", "{a: b}", "null", #"{"a": {}}"#, #"{"a": null}"#, "{} {}"])
    func anythingElseIsNoObjectOfTexts(text: String) {
        #expect(JSONObject.decode(text) == nil)
    }
}
