#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension UploadMachine {
    /// The most finalize requests of one upload: a lost answer is asked for again once.
    private static let maximumFinalizes = 2

    mutating func startFinalize() -> Action {
        guard finalizeRequest != nil else { return invalid("it has no token or no finalize step") }
        // A claim before this one may have been answered without knowing it.
        if upload.finalizeSent > 0, let probe = plan.probe {
            finalizeDoubt = .earlier
            return send(probe.request)
        }
        return finalizeOnceMore()
    }

    private mutating func finalizeOnceMore() -> Action {
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
        guard plan.finalize?.describesFile(answer.body) == true else {
            return finalizeInDoubt(.outcomeUnknown, cause: cause.adding("the answer describes no file"))
        }
        return fileMade(answer)
    }

    private mutating func fileMade(_ answer: Answer) -> Action {
        let grant = [upload.token, upload.uploadURL?.absoluteString, upload.endpoint.signed].compactMap(\.self)
        let stored = StoredAnswer(without: plan.grant ? grant : [], keeping: plan.finalize?.fileID(answer.body))
        return record(.finalized(response: stored(answer.body), next: plan.confirms ? .confirm : .done))
    }

    /// Nobody knows what came of a finalize: the host is asked for the file, where it can be.
    mutating func finalizeInDoubt(_ verdict: AnswerTable.Verdict, cause: Cause) -> Action {
        guard let probe = plan.probe else { return finalizeRefused(verdict, cause: cause) }
        finalizeDoubt = .refused(verdict, cause)
        return send(probe.request)
    }

    mutating func probed(_ answer: Answer, cause: Cause) -> Action {
        guard let probe = plan.probe, let state = probe.read(answer.body) else {
            return probeFailed(.malformed, cause: cause)
        }
        if goneDoubt != nil { return probedGone(state, cause: cause) }
        switch state.readiness {
        case .ready, .pending, .failed:
            // What is not ready may be what a finalize is still wanted for, unless it is the file that one made.
            guard state.readiness == .ready || probe.namesFile else { return probeFailed(.malformed, cause: cause) }
            if let size = state.size, size != upload.length {
                return fail(.sizeMismatch, cause.adding("its file has \(size) bytes, ours has \(upload.length)"))
            }
            return state.readiness == .failed ? fail(.processingFailed, cause) : fileMade(answer)
        case .another:
            return probeFailed(.malformed, cause: cause)
        }
    }

    /// The host did not say whether it has the file: what was in doubt decides.
    mutating func probeFailed(_ verdict: AnswerTable.Verdict, cause: Cause) -> Action {
        if goneDoubt != nil {
            if case .later(let code) = verdict { return later(code, cause) }
            return goneUnclear(cause: cause)
        }
        switch finalizeDoubt {
        case .earlier: return finalizeOnceMore()
        case .refused(let verdict, let cause): return finalizeRefused(verdict, cause: cause)
        case nil: return fail(.finalizeOutcomeUnknown, cause)
        }
    }

    /// The host refused the key of the finalize: nothing is in doubt, and every byte stays where it is.
    ///
    /// A key that is made anew for each claim is worth another try.
    mutating func keyRefused(cause: Cause) -> Action {
        let isRenewed = plan.renews.contains(.finalize) && triedAtMost(1, .credentialsRefused)
        let problem = cause.problem(.credentialsRefused)
        return record(.finalizeDenied(problem, retryAfter: cause.retryAfter, parks: !isRenewed))
    }

    /// What depends on whether this was the first finalize ever sent.
    private mutating func finalizeRefused(_ verdict: AnswerTable.Verdict, cause: Cause) -> Action {
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

extension URL {
    /// Its text where its query may authorize a request; nil where it has none.
    fileprivate var signed: String? { query(percentEncoded: true) == nil ? nil : absoluteString }
}
