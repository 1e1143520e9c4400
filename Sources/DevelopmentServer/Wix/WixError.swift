import HTTPTypes

/// The body of a Wix error.
struct WixError: Codable, Sendable {
    struct Application: Codable, Sendable {
        let code: String
        let description: String
        var data: [String: String] = [:]
    }

    struct FieldViolation: Codable, Sendable {
        let field: String
        let description: String
        let violatedRule: String
        let ruleName: String
        var data: [String: String] = [:]
    }

    struct Validation: Codable, Sendable {
        let fieldViolations: [FieldViolation]
    }

    struct Details: Codable, Sendable {
        var applicationError: Application?
        var validationError: Validation?
    }

    let message: String
    let details: Details
}

extension Rejection {
    /// A refusal in Wix's form, with an application error code.
    static func wix(_ status: HTTPResponse.Status, _ code: String, _ description: String) -> Rejection {
        let application = WixError.Application(code: code, description: description)
        return Rejection(
            status,
            .json(WixError(message: description, details: .init(applicationError: application)))
        )
    }

    /// A refusal in Wix's form, for one field of the body.
    static func wixField(_ field: String, _ description: String) -> Rejection {
        let violation = WixError.FieldViolation(
            field: field,
            description: description,
            violatedRule: "OTHER",
            ruleName: "INVALID_FIELD"
        )
        return Rejection(
            .badRequest,
            .json(
                WixError(
                    message: "INVALID_ARGUMENT: \(field) \(description)",
                    details: .init(validationError: .init(fieldViolations: [violation]))
                )
            )
        )
    }
}
