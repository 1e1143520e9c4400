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
        case .ready: return record(.confirmed(nil))
        case .failed: return fail(.processingFailed, cause)
        case .another: return notReady(.malformedAnswer, cause: cause)
        case .pending: return notReady(.notReady, cause: cause)
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
