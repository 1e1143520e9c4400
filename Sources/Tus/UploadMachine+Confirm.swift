extension UploadMachine {
    mutating func startConfirm() -> Action {
        guard let question = plan.confirm else {
            return record(.confirmed(Cause("the host did not name the file").problem(.unconfirmed)))
        }
        return send(question.request)
    }

    mutating func confirmed(_ answer: Answer, cause: Cause) -> Action {
        guard let state = plan.confirm?.read(answer.body) else { return notReady(.malformedAnswer, cause: cause) }
        if let size = state.size, size != upload.length {
            return fail(.sizeMismatch, cause.adding("its file has \(size) bytes, ours has \(upload.length)"))
        }
        switch state.readiness {
        case .ready: return compare(state.md5, cause)
        case .failed: return fail(.processingFailed, cause)
        case .another: return notReady(.malformedAnswer, cause: cause)
        case .pending: return notReady(.notReady, cause: cause)
        }
    }

    /// Where the MD5 of the host's file is wanted and told, the source's is asked for.
    private mutating func compare(_ told: String?, _ cause: Cause) -> Action {
        guard let told else { return record(.confirmed(nil)) }
        guard told.utf8.count == 32, told.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            return record(.confirmed(cause.adding("it tells no MD5 of 32 hex digits").problem(.unverified)))
        }
        state = .digesting(told: told.lowercased(), cause)
        return .digest
    }

    /// The action after the MD5 of the source was asked for; a failure tells why there is none.
    package mutating func digested(_ md5: Result<String, Problem>) -> Action {
        guard case .digesting(let told, let cause) = state else {
            preconditionFailure("digested(_:) needs a digest that was asked for")
        }
        switch md5 {
        case .success(told): return record(.confirmed(nil))
        case .success(let own):
            return fail(.checksumMismatch, cause.adding(redaction("its file has the MD5 \(told), ours has \(own)")))
        case .failure(let problem): return record(.confirmed(cause.adding(problem.message).problem(.unverified)))
        }
    }

    /// Asks again later, or counts the file as unconfirmed: every byte is there, and the host has its file.
    mutating func notReady(_ code: Problem.Code, cause: Cause) -> Action {
        guard let question = plan.confirm, upload.attempt + 1 < question.maximumPolls else {
            return record(.confirmed(cause.problem(.unconfirmed)))
        }
        return later(code, cause, retryAfter: .seconds(question.interval))
    }
}
