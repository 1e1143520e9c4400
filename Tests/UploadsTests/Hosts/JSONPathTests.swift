import Testing

@testable import Uploads

@Suite struct JSONPathTests {
    private let document = JSONValue(Array(#"{"file":{"id":"x","sizes":[1,"2",{"a":true}]},"n":null}"#.utf8))

    @Test(arguments: [
        ("$.file.id", "x"), ("$.file.sizes[0]", "1"), ("$.file.sizes[1]", "2"), ("$.file.sizes[2].a", "true"),
    ])
    func finds(path: String, text: String) throws {
        let document = try #require(document)
        #expect(try #require(JSONPath(path)).value(in: document)?.scalarText == text)
    }

    @Test(arguments: ["$.none", "$.file.id.more", "$.file.sizes[3]", "$.file[0]", "$.n.more"])
    func findsNothing(path: String) throws {
        let document = try #require(document)
        #expect(try #require(JSONPath(path)).value(in: document) == nil)
    }

    @Test func theRootIsTheDocument() throws {
        let document = try #require(document)
        #expect(JSONPath("$")?.value(in: document) == document)
        #expect(JSONPath("$")?.isWhole == true && JSONPath("$.n")?.isWhole == false)
    }

    @Test(arguments: ["", "file", ".file", "$file", "$.", "$..id", "$.a[", "$.a[x]", "$.a[-1]", "$.a[+1]", "$.a[0"])
    func refuses(path: String) {
        #expect(JSONPath(path) == nil)
    }
}
