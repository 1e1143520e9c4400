extension UploadMachine {
    mutating func startMint() -> Action {
        guard let mint = plan.mint else { return invalid("its destination gives no grants") }
        return send(mint.request)
    }

    mutating func minted(_ answer: Answer, to request: Request, cause: Cause) -> Action {
        guard let grant = plan.mint?.read(answer), Origin(grant.endpoint) != nil else {
            return malformed(request, cause: cause.adding("the answer has no grant"))
        }
        return record(.minted(grant))
    }

    /// Asks for another grant where this one may have been used or may have expired.
    ///
    /// Not where the grant is fresh: then another one would be refused alike.
    mutating func remint(unless fresh: AnswerTable.Verdict, to request: Request, cause: Cause) -> Action {
        guard !upload.isFreshGrant, plan.mint != nil else { return apply(fresh, to: request, cause: cause) }
        guard upload.restarts < plan.maximumRestarts else { return fail(.grantExpired, cause) }
        return record(.gone(cause.problem(.grantReplaced), next: .mint))
    }

    /// A `PATCH` was refused as if its grant had ended: the offset is asked for, and what it is decides the second time.
    ///
    /// A server that takes no grant at all would be asked for ever, so they are bounded, and a person is waited for.
    mutating func remintIfRefusedAgain(_ reason: ParkReason, _ code: Problem.Code, cause: Cause) -> Action {
        doubts.denials += 1
        if doubts.denials > 1 {
            doubts.refusal =
                upload.restarts < plan.maximumRestarts
                ? .gone(cause.problem(.grantReplaced), next: .mint) : .parked(reason, cause.problem(code))
        }
        return sendOffset()
    }

    /// The server is busy, or the grant was used: only its patience tells.
    ///
    /// A busy server would refuse every new grant alike, so they are bounded, and it is waited for after them.
    mutating func busy(tries: Int, cause: Cause) -> Action {
        let isPatient = triedAtMost(tries, .serverBusy) || upload.restarts >= plan.maximumRestarts
        guard !isPatient, !upload.isFreshGrant, plan.mint != nil else {
            return later(.serverBusy, cause, pausesDestination: true)
        }
        return record(.gone(cause.problem(.grantReplaced), next: .mint))
    }
}

extension UploadMachine.Plan {
    var grantKind: AnswerTable.Grant {
        if mint != nil { return .minted }
        return grant ? .given : .none
    }
}
