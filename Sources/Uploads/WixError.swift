internal import Foundation

/// Why Wix refused a request, as its APIs answer it (Wix: About errors).
///
/// The queue reads these answers by itself; a program that asks Wix for grants can read those that it gets.
public struct WixError: Error, Sendable, Equatable {
    /// What is wrong with one field of the request.
    public struct FieldViolation: Sendable, Equatable {
        /// `field`: the path of the field, such as `fileName`.
        public var field: String
        /// `description`: what is wrong, for people.
        public var description: String?
        /// `violatedRule`: the kind of rule, such as `MAX_LENGTH`, or `OTHER`.
        public var violatedRule: String?
        /// `ruleName`: the rule, where `violatedRule` is `OTHER`.
        public var ruleName: String?
        /// `data`: the figures of the rule.
        public var data: JSONValue?
    }

    /// `message`: what happened, for people; empty where there is none.
    public var message: String
    /// `details.applicationError.code`: the stable name of the reason, such as `SITE_QUOTA_EXCEEDED`.
    public var code: String?
    /// `details.applicationError.description`: the reason, for people.
    public var description: String?
    /// `details.applicationError.data`: what belongs to the reason.
    public var data: JSONValue?
    /// `details.validationError.fieldViolations`: what is wrong with the fields of the request; else empty.
    public var fieldViolations: [FieldViolation]

    /// Reads an answer.
    ///
    /// - Parameter response: JSON text: an object with the fields `message` and `details`.
    /// - Throws: ``UploadQueueError`` `invalid_metadata` when it is not one.
    public init(response: String) throws {
        guard response.utf8.count <= 1 << 20, case .object(let fields)? = JSONValue(Array(response.utf8)),
            case .object(let details)? = fields["details"]
        else {
            throw UploadQueueError(.invalidMetadata, "the answer holds no error of Wix")
        }
        message = fields["message"]?.text ?? ""
        let application = Self.members(details["applicationError"])
        (code, description) = (application["code"]?.text, application["description"]?.text)
        data = application["data"]
        fieldViolations = Self.violations(Self.members(details["validationError"])["fieldViolations"])
    }

    /// All of it on one line, for a log or a person.
    var summary: String {
        let violations = fieldViolations.map { "\($0.field): \($0.description ?? $0.violatedRule ?? "wrong")" }
        return ([code, message.isEmpty ? description : message].compactMap(\.self) + violations).joined(separator: "; ")
    }

    private static func violations(_ value: JSONValue?) -> [FieldViolation] {
        guard case .array(let items)? = value else { return [] }
        return items.compactMap { item in
            let item = members(item)
            guard let field = item["field"]?.text else { return nil }
            return FieldViolation(
                field: field,
                description: item["description"]?.text,
                violatedRule: item["violatedRule"]?.text,
                ruleName: item["ruleName"]?.text,
                data: item["data"]
            )
        }
    }

    private static func members(_ value: JSONValue?) -> [String: JSONValue] {
        if case .object(let members)? = value { members } else { [:] }
    }
}
