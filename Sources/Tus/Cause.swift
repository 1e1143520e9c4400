import HTTPTypes

/// What made a problem: an answer, a failure, or something known before a request.
struct Cause: Sendable {
    /// The bytes of a failure's message that are kept.
    private static let longestMessage = 300

    /// What stands in parentheses after what happened.
    let detail: String
    let retryAfter: RetryAfter?
    /// The code that a failure brought along; it is more precise than `server_error`.
    private let failureCode: String?

    init(_ detail: String) {
        self.detail = detail
        retryAfter = nil
        failureCode = nil
    }

    init(step: Step, answer: Answer, message: ServerMessage) {
        var detail = "\(step.method), HTTP \(answer.status)"
        if let code = message.applicationCode { detail += " \(code)" }
        if !message.text.isEmpty { detail += ": \"\(message.text)\"" }
        if answer.status == 412, let versions = answer.fields[.tusVersion] {
            detail += "; the server speaks tus \(versions.prefix(64).filter { "0123456789., ".contains($0) })"
        }
        self.detail = detail
        retryAfter = answer.single(.retryAfter).flatMap(RetryAfter.init)
        failureCode = nil
    }

    init(step: Step, failure: RequestFailure, redaction: Redaction) {
        detail = "\(step.method): \(redaction(failure.message).prefix(Self.longestMessage))"
        retryAfter = nil
        failureCode = failure.code
    }

    /// The cause with something that was found in the answer.
    func adding(_ finding: String) -> Cause {
        Cause(detail: "\(detail); \(finding)", retryAfter: retryAfter, failureCode: failureCode)
    }

    func problem(_ code: Problem.Code) -> Problem {
        if code == .serverError, let failureCode {
            return Problem(
                code: failureCode,
                message: "The request did not get through (\(detail)). It is tried again later."
            )
        }
        let (happened, advice) = code.explanation
        return Problem(code, "\(happened) (\(detail)). \(advice).")
    }

    private init(detail: String, retryAfter: RetryAfter?, failureCode: String?) {
        self.detail = detail
        self.retryAfter = retryAfter
        self.failureCode = failureCode
    }
}

extension Step {
    /// The HTTP method and, where that is not enough, the purpose.
    fileprivate var method: String {
        switch self {
        case .capabilities: "OPTIONS"
        case .mint: "the request for a grant"
        case .create: "POST"
        case .offset: "HEAD"
        case .transfer: "PATCH"
        case .delete: "DELETE"
        case .finalize: "finalize PUT"
        case .probe: "the question for the file"
        case .confirm: "the question for the file"
        }
    }
}
