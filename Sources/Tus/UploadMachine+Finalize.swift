extension UploadMachine {
    /// The most finalize requests of one upload: a lost answer is asked for again once.
    private static let maximumFinalizes = 2

    mutating func startFinalize() -> Action {
        guard finalizeRequest != nil else { return invalid("it has no token or no finalize step") }
        guard upload.finalizeSent < Self.maximumFinalizes else {
            return fail(.finalizeOutcomeUnknown, Cause("\(upload.finalizeSent) requests sent, no answer recorded"))
        }
        return record(.finalizeSent)
    }

    mutating func sendFinalize() -> Action {
        guard let request = finalizeRequest else { return invalid("it has no token or no finalize step") }
        return send(request)
    }

    mutating func finalized(_ answer: Answer, cause: Cause) -> Action {
        guard Finalize.describesFile(answer.body) else {
            return fail(.finalizeOutcomeUnknown, cause.adding("the answer describes no file"))
        }
        return record(.finalized(response: String(decoding: answer.body, as: UTF8.self)))
    }

    /// What depends on whether this was the first finalize ever sent.
    mutating func finalizeRefused(_ verdict: AnswerTable.Verdict, cause: Cause) -> Action {
        let isFirst = upload.finalizeSent == 1
        switch verdict {
        case .repeatOnce where isFirst: return later(.serverError, cause)
        case .grantVoidIfFirst where isFirst: return fail(.grantExpired, cause)
        default: return fail(.finalizeOutcomeUnknown, cause)
        }
    }

    private var finalizeRequest: Request? {
        upload.token.flatMap { plan.finalize?.request(endpoint: upload.endpoint, token: $0) }
    }
}
