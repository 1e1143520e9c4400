import Testing

@testable import Uploads

/// What Wix answers where it refuses.
@Suite struct WixErrorTests {
    private static let application = #"""
        {"message":"The quota is used up","details":{"applicationError":{"code":"SITE_QUOTA_EXCEEDED",
        "description":"no room","data":{"limit":7}}}}
        """#
    private static let validation = #"""
        {"message":"INVALID_ARGUMENT","details":{"validationError":{"fieldViolations":[
        {"field":"fileName","description":"has size 201, expected 200 or less","violatedRule":"MAX_LENGTH",
        "data":{"threshold":200}},{"field":"mimeType","violatedRule":"OTHER","ruleName":"INVALID_FIELD"},{"x":1}]}}}
        """#

    @Test func anApplicationErrorIsRead() throws {
        let error = try WixError(response: Self.application)
        #expect(error.message == "The quota is used up" && error.code == "SITE_QUOTA_EXCEEDED")
        #expect(error.description == "no room" && error.data == .object(["limit": .integer(7)]))
        #expect(error.fieldViolations.isEmpty)
    }

    @Test func theFieldsAtFaultAreRead() throws {
        let error = try WixError(response: Self.validation)
        try #require(error.fieldViolations.count == 2)
        let (name, type) = (error.fieldViolations[0], error.fieldViolations[1])
        #expect(name.field == "fileName" && name.violatedRule == "MAX_LENGTH")
        #expect(
            name.description?.contains("expected 200") == true && name.data == .object(["threshold": .integer(200)])
        )
        #expect(type.field == "mimeType" && type.ruleName == "INVALID_FIELD" && type.description == nil)
        #expect(error.code == nil)
    }

    @Test(arguments: ["", "[]", "{}", #"{"message":"x"}"#, #"{"file":{"id":"x"}}"#, "<html>"])
    func whatIsNoneIsRefused(text: String) {
        let error = #expect(throws: UploadQueueError.self) { try WixError(response: text) }
        #expect(error?.code == .invalidMetadata)
    }

    /// Who hands over what Wix answered is told why there is no grant in it.
    @Test(arguments: [
        (application, "SITE_QUOTA_EXCEEDED; The quota is used up"),
        (validation, "INVALID_ARGUMENT; fileName: has size 201, expected 200 or less; mimeType: OTHER"),
    ])
    func itIsToldWhereAGrantIsExpected(text: String, words: String) {
        let error = #expect(throws: UploadQueueError.self) { try Grant(response: text) }
        #expect(error?.code == .invalidGrant)
        #expect(error?.message == "this is no grant: Wix refused to give one (\(words))")
    }
}
