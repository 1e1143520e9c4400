#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One upload under one claim: events in, actions out (design.md §5 and §7).
///
/// `start` gives the first action. After `.send` call `receive` with what came back; after `.record` make the
/// transition durable and call `recorded`; after `.digest` call `digested`; after `.stop` make no more calls. A call that does not fit the last action
/// is an error of the program and stops it. `AnswerTable` says what an answer means; the machine adds what the row
/// knows and the bounds.
package struct UploadMachine: Sendable {
    enum State: Sendable {
        case ready
        case waiting(Request, redirects: Int)
        case recording(Transition)
        case digesting(told: String, Cause)
        case stopped
    }

    /// What happened since the server's offset last went beyond `highest`, under this claim.
    struct Doubts: Sendable {
        /// The highest offset that the server named.
        ///
        /// Only what is beyond it counts as progress: else a server whose offset goes back and forth would be asked
        /// for ever.
        var highest: Int64 = -1
        /// Answers to a `PATCH` after which the server was asked for its offset.
        var count = 0
        /// 400 answers since the last accepted `PATCH`.
        var refusals = 0
        /// 401 and 403 answers since the last accepted `PATCH`, where the queue mints.
        var denials = 0
        /// 460 answers since the last accepted `PATCH`.
        var mismatches = 0
        /// What a refused `PATCH` ends in, unless the server turns out to have every byte.
        var refusal: Transition?

        mutating func heard(_ offset: Int64) {
            guard offset > highest else { return }
            highest = offset
            count = 0
            refusals = 0
            denials = 0
        }
    }

    /// The finalize whose outcome the host is asked for.
    enum FinalizeDoubt: Sendable {
        /// One of an earlier claim, which may have been answered.
        case earlier
        /// One of this claim, and what it ended with.
        case refused(AnswerTable.Verdict, Cause)
    }

    /// The row, with every recorded transition applied.
    package internal(set) var upload: Upload
    private(set) var plan: Plan
    var state = State.ready
    var doubts = Doubts()
    var finalizeDoubt: FinalizeDoubt?
    /// What ends the upload that the server forgot after its last byte may have arrived, unless the host has the file.
    var goneDoubt: Cause?
    /// What the server can have; nil where an earlier claim may have sent some.
    var sent: SentBytes?
    /// The plan's rule, or a smaller one after the server refused a request for its size.
    var rule: RequestRule

    /// A machine for one claim of the upload.
    package init(upload: Upload, plan: Plan) {
        self.upload = upload
        self.plan = plan
        rule = plan.requestRule
        // An upload that came with a grant of this claim, where its host created it.
        if upload.isFreshGrant, upload.phase == .transfer { sent = SentBytes() }
    }

    /// Goes on with a plan that knows more; what the server announced stays.
    package mutating func adopt(_ plan: Plan) {
        var plan = plan
        plan.capabilities = self.plan.capabilities
        self.plan = plan
    }

    /// The first action.
    package mutating func start() -> Action {
        guard case .ready = state else { preconditionFailure("start() is called once, before anything else") }
        if upload.cancelling { return startDelete() }
        switch upload.phase {
        case .mint: return startMint()
        case .create: return startCreate()
        case .transfer: return sendOffset()
        case .finalize: return startFinalize()
        case .confirm: return startConfirm()
        case .done: return invalid("there is nothing left to do")
        }
    }

    /// The action after an answer to the request that was sent.
    package mutating func receive(_ answer: Answer) -> Action {
        guard case .waiting(let request, let redirects) = state else {
            preconditionFailure("receive(_:) needs a request that was sent")
        }
        note(request, status: answer.status)
        let body = mayBringSecret(answer, to: request.step) ? [] : answer.body
        let message = ServerMessage(body: body, redaction: redaction)
        let verdict = verdict(of: answer, to: request.step, applicationCode: message.applicationCode)
        let cause = Cause(step: request.step, answer: answer, message: message)
        if case .redirected = verdict { return follow(answer, from: request, redirects: redirects, cause: cause) }
        if let refusal = doubts.refusal {
            doubts.refusal = nil
            if isSettled(refusal, by: answer, verdict) { return record(refusal) }
        }
        if request.step == .probe, goneDoubt != nil, verdict != .accepted {
            return goneUnanswered(answer, verdict, cause: cause)
        }
        return verdict == .accepted
            ? accept(answer, to: request, cause: cause) : apply(verdict, to: request, cause: cause)
    }

    /// The action after a request that got no answer.
    package mutating func receive(_ failure: RequestFailure) -> Action {
        guard case .waiting(let request, _) = state else {
            preconditionFailure("receive(_:) needs a request that was sent")
        }
        note(request, status: nil)
        let cause = Cause(step: request.step, failure: failure, redaction: redaction)
        return apply(AnswerTable.verdict(noAnswerTo: request.step), to: request, cause: cause)
    }

    /// The action after the last `.record` became durable.
    package mutating func recorded() -> Action {
        guard case .recording(let transition) = state else {
            preconditionFailure("recorded() needs a transition that was asked for")
        }
        switch transition {
        case .minted(let grant):
            upload.phase = .create
            upload.endpoint = grant.endpoint
            upload.token = grant.token
            upload.isFreshGrant = true
            upload.attempt = 0
            guard let uploadURL = grant.uploadURL else { return startCreate() }
            upload.phase = .transfer
            upload.uploadURL = uploadURL
            upload.offset = 0
            sent = SentBytes()
            return sendOffset()
        case .created(let uploadURL, let completing, _, let expiresAt):
            upload.phase = .transfer
            upload.uploadURL = uploadURL
            upload.offset = 0
            upload.completing = completing
            upload.expiresAt = expiresAt
            upload.attempt = 0
            doubts = Doubts()
            doubts.heard(0)
            sent = SentBytes()
            return upload.length == 0 ? transferred() : sendTransfer()
        case .acknowledged(let offset, let completing, let expiresAt):
            if offset > upload.offset { upload.attempt = 0 }
            if offset < upload.offset { upload.restarts += 1 }
            upload.offset = offset
            upload.completing = completing
            upload.expiresAt = expiresAt
            return sendTransfer()
        case .transferred(let next):
            upload.phase = next
            upload.offset = upload.length
            upload.attempt = 0
            doubts = Doubts()
            return next == .finalize ? startFinalize() : next == .confirm ? startConfirm() : stop()
        case .finalizeSent:
            upload.finalizeSent += 1
            return sendFinalize()
        case .finalizeDenied:
            upload.finalizeSent -= 1
            return stop()
        case .gone(_, let next):
            upload.phase = next
            if next == .mint { upload.token = nil }
            upload.uploadURL = nil
            upload.offset = 0
            upload.completing = false
            upload.expiresAt = nil
            upload.attempt = 0
            upload.restarts += 1
            doubts = Doubts()
            sent = nil
            return next == .mint ? startMint() : startCreate()
        case .finalized(_, let next):
            upload.phase = next
            upload.attempt = 0
            return next == .confirm ? startConfirm() : stop()
        case .confirmed, .later, .failed, .parked, .deleted:
            return stop()
        }
    }
}

extension UploadMachine {
    /// What must not be quoted from a server: tokens, custom header values, and the URL of a minted upload.
    var redaction: Redaction {
        let urls = plan.grant ? [upload.uploadURL, upload.endpoint].compactMap { $0?.absoluteString } : []
        return Redaction(secrets: [upload.token].compactMap(\.self) + plan.secrets + urls, headers: plan.headers)
    }

    /// Whether an answer may hold a secret that nobody knows yet, and so is not quoted where something else is amiss.
    ///
    /// A grant does, and the URL of its upload; and a redirect may lead to a signed URL.
    private func mayBringSecret(_ answer: Answer, to step: Step) -> Bool {
        switch answer.status {
        case 200...299: step == .mint || step == .create && plan.grant
        case 300...399: true
        default: false
        }
    }

    private mutating func note(_ request: Request, status: Int?) {
        guard request.step == .transfer, case .file(let range) = request.body else { return }
        sent?.note(range, status: status)
    }

    mutating func send(_ request: Request, redirects: Int = 0) -> Action {
        state = .waiting(request, redirects: redirects)
        return .send(request)
    }

    mutating func record(_ transition: Transition) -> Action {
        state = .recording(transition)
        return .record(transition)
    }

    mutating func stop() -> Action {
        state = .stopped
        return .stop
    }

    mutating func fail(_ code: Problem.Code, _ cause: Cause) -> Action {
        record(.failed(cause.problem(code)))
    }

    mutating func later(
        _ code: Problem.Code,
        _ cause: Cause,
        retryAfter: RetryAfter? = nil,
        pausesDestination: Bool = false
    ) -> Action {
        let wait = cause.retryAfter ?? retryAfter
        return record(.later(cause.problem(code), retryAfter: wait, pausesDestination: pausesDestination))
    }

    mutating func invalid(_ reason: String) -> Action {
        fail(.uploadInvalid, Cause(reason))
    }
}
