import HTTPTypes

extension UploadMachine {
    /// The most redirects followed in a row.
    private static let maximumRedirects = 5
    /// The tries before an answer that makes no sense is final.
    private static let maximumMalformed = 2

    /// What an answer means: by the host's own rules, by credentials that can be renewed, else by the table.
    func verdict(of answer: Answer, to step: Step, applicationCode: String?) -> AnswerTable.Verdict {
        if let rule = plan.rules.first(where: { $0.covers(answer, to: step) }) { return rule.verdict }
        if step == .finalize, answer.status == 401, plan.finalize?.holdsKey == true { return .keyRefused }
        if plan.renews.contains(step), answer.status == 401 {
            if AnswerTable.renewable.contains(step) {
                return .laterThenParked(tries: 1, .credentials, .credentialsRefused)
            }
            if step == .confirm { return .notReady(.credentialsRefused) }
        }
        return AnswerTable.verdict(
            status: answer.status,
            step: step,
            grant: plan.grantKind,
            applicationCode: applicationCode
        )
    }

    /// What a verdict of the table does to this upload.
    mutating func apply(_ verdict: AnswerTable.Verdict, to request: Request, cause: Cause) -> Action {
        if request.step == .probe { return probeFailed(verdict, cause: cause) }
        // What hinders an upload does not hinder its cancellation.
        if request.step == .delete, isRefusal(verdict) { return record(.deleted(cause.problem(.notDeleted))) }
        switch verdict {
        case .accepted, .redirected:
            preconditionFailure("a verdict that needs its answer is handled with it")
        case .later(let code):
            return later(code, cause)
        case .destinationLater:
            return later(.serverBusy, cause, pausesDestination: true)
        case .laterAtMost(let tries, let code, let end):
            return triedAtMost(tries, code) ? later(code, cause) : fail(end, cause)
        case .laterThenParked(let tries, let reason, let code):
            return triedAtMost(tries, code) ? later(code, cause) : record(.parked(reason, cause.problem(code)))
        case .malformed:
            return malformed(request, cause: cause)
        case .askOffset(let code):
            return askOffset(code, cause: cause)
        case .askOffsetThenRemint(let reason, let code):
            return remintIfRefusedAgain(reason, code, cause: cause)
        case .smallerOnce:
            return smallerOnce(request, cause: cause)
        case .smaller:
            return smaller(request, cause: cause)
        case .sameRange:
            return sameRange(request, cause: cause)
        case .gone:
            return gone(cause: cause)
        case .parked(let reason, let code):
            return refuse(request, .parked(reason, cause.problem(code)))
        case .failed(let code):
            return refuse(request, .failed(cause.problem(code)))
        case .repeatOnce, .grantVoidIfFirst, .outcomeUnknown:
            return finalizeInDoubt(verdict, cause: cause)
        case .keyRefused:
            return keyRefused(cause: cause)
        case .remint(let fresh):
            return remint(unless: fresh, to: request, cause: cause)
        case .laterThenRemint(let tries):
            return busy(tries: tries, cause: cause)
        case .notReady(let code):
            return notReady(code, cause: cause)
        case .unconfirmed:
            return record(.confirmed(cause.problem(.unconfirmed)))
        case .deleted:
            return record(.deleted(nil))
        case .notDeleted:
            return record(.deleted(cause.problem(.notDeleted)))
        }
    }

    private func isRefusal(_ verdict: AnswerTable.Verdict) -> Bool {
        switch verdict {
        case .parked, .failed: true
        case .laterThenParked(let tries, _, let code): !triedAtMost(tries, code)
        default: false
        }
    }

    mutating func accept(_ answer: Answer, to request: Request, cause: Cause) -> Action {
        switch request.step {
        case .mint: minted(answer, to: request, cause: cause)
        case .create: created(answer, to: request, cause: cause)
        case .offset: receiveOffset(answer, to: request, cause: cause)
        case .transfer: receiveTransfer(answer, to: request, cause: cause)
        case .finalize: finalized(answer, cause: cause)
        case .probe: probed(answer, cause: cause)
        case .confirm: confirmed(answer, cause: cause)
        case .delete, .capabilities: preconditionFailure("\(request.step) has no accepted answer in the machine")
        }
    }

    /// A 2xx without what it must have, or a status that is none.
    mutating func malformed(_ request: Request, cause: Cause) -> Action {
        switch request.step {
        case .transfer:
            askOffset(.noProgress, cause: cause)
        case .finalize:
            finalizeInDoubt(.outcomeUnknown, cause: cause)
        case .probe:
            probeFailed(.malformed, cause: cause)
        case .confirm:
            notReady(.malformedAnswer, cause: cause)
        case .delete:
            record(.deleted(cause.problem(.notDeleted)))
        case .mint, .create, .offset, .capabilities:
            triedAtMost(Self.maximumMalformed, .malformedAnswer)
                ? later(.malformedAnswer, cause) : fail(.malformedAnswer, cause)
        }
    }

    /// Whether a bounded problem may be tried again; tries that ended otherwise are no reason to give up.
    func triedAtMost(_ tries: Int, _ code: Problem.Code) -> Bool {
        min(upload.attempt, upload.sameError) < tries || upload.lastErrorCode.map { $0 != code.rawValue } ?? false
    }

    /// The same request at the URL that the server names, within the origin.
    mutating func follow(_ answer: Answer, from request: Request, redirects: Int, cause: Cause) -> Action {
        guard let url = answer.single(.location).flatMap(request.url.resolving(location:)) else {
            return refuseRedirect(from: request, cause: cause.adding("it names no URL to go to"))
        }
        guard let origin = Origin(url), origin == Origin(request.url) else {
            return refuseRedirect(from: request, cause: cause.adding("it leads to another origin"))
        }
        guard redirects < Self.maximumRedirects else {
            return refuseRedirect(from: request, cause: cause.adding("it is one redirect too many in a row"))
        }
        var redirected = request
        redirected.url = url
        return send(redirected, redirects: redirects + 1)
    }

    private mutating func refuseRedirect(from request: Request, cause: Cause) -> Action {
        switch request.step {
        case .finalize: finalizeInDoubt(.outcomeUnknown, cause: cause)
        case .probe: probeFailed(.malformed, cause: cause)
        case .confirm: record(.confirmed(cause.problem(.unconfirmed)))
        case .delete: record(.deleted(cause.problem(.notDeleted)))
        case .mint, .create, .offset, .transfer, .capabilities: fail(.redirectRefused, cause)
        }
    }
}
