import Testing

@testable import Uploads

@Suite struct TemplateTests {
    private let values = ["file.name": "a b&ü.jpg", "mint.token": "t/k\"n"]

    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("{file.name}", "a b&ü.jpg"),
        ("<{ file.name | percent }>", "<a%20b%26%C3%BC.jpg>"),
        ("{mint.token|percent}/{file.name}", "t%2Fk%22n/a b&ü.jpg"), ("{mint.token|base64}", "dC9rIm4="),
        ("{mint.token|json}", #""t/k\"n""#), ("{{file.name}}", "{file.name}"), ("}}{{", "}{"),
    ])
    func fillsIn(text: String, result: String) throws {
        #expect(try Template(text).text(values) == result)
    }

    @Test(arguments: ["{", "a{b", "}", "a}b", "{}", "{|percent}", "{a|rot13}", "{a|json|json}"])
    func refuses(text: String) {
        #expect(throws: Template.Failure.self) { try Template(text) }
    }

    @Test func aMissingValueIsAFailure() throws {
        let template = try Template("x{config.none}")
        #expect(template.names == ["config.none"])
        #expect(throws: Template.Failure(message: "{config.none} has no value")) { try template.text(values) }
    }

    @Test func aLiteralHasNoPlaces() throws {
        let text = "{file.name}}{"
        #expect(try Template(Template.literal(text)).text([:]) == text)
    }
}
