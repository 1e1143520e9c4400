import HTTPTypes

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension UploadMachine {
    /// The `PATCH` answers in a row that may leave the offset where it is.
    private static let maximumDoubts = 3
    /// The answers about a file that tell nothing before a person has to look.
    private static let maximumUnclear = 2
    /// The tries before an upload that the host created counts as gone.
    private static let maximumUnknown = 3

    mutating func sendOffset() -> Action {
        guard let url = upload.uploadURL, Origin(url) != nil else { return invalid("it has no upload URL") }
        return send(Request(step: .offset, method: .head, url: url, fields: tusFields(for: url)))
    }

    mutating func sendTransfer() -> Action {
        guard let url = upload.uploadURL, Origin(url) != nil else { return invalid("it has no upload URL") }
        let range = rule.range(from: upload.offset, length: upload.length)
        let body = Request.Body.file(range)
        var fields = tusFields(for: url)
        fields[.contentType] = "application/offset+octet-stream"
        fields[.uploadOffset] = String(range.lowerBound)
        fields[.contentLength] = String(body.count)
        return send(Request(step: .transfer, method: .patch, url: url, fields: fields, body: body))
    }

    /// True when the next `PATCH` from here can carry the last byte.
    ///
    /// An empty upload is complete when it is created: it has no `PATCH`.
    func reachesEnd(from offset: Int64) -> Bool {
        offset < upload.length && rule.range(from: offset, length: upload.length).upperBound == upload.length
    }

    mutating func transferred() -> Action {
        record(.transferred(next: plan.finalize != nil ? .finalize : plan.confirms ? .confirm : .done))
    }

    mutating func receiveOffset(_ answer: Answer, to request: Request, cause: Cause) -> Action {
        if answer.fields.contains(.uploadLength) {
            guard let length = answer.byteCount(.uploadLength) else {
                return malformed(request, cause: cause.adding("its Upload-Length is no number"))
            }
            guard length == upload.length else {
                return fail(
                    .lengthMismatch,
                    cause.adding("its Upload-Length is \(length), the file has \(upload.length) bytes")
                )
            }
        }
        guard let offset = answer.byteCount(.uploadOffset), offset <= upload.length else {
            return malformed(request, cause: cause.adding("its Upload-Offset is missing, no number or too large"))
        }
        guard sent?.explain(offset) ?? true else {
            return fail(
                .foreignBytes,
                cause.adding("its Upload-Offset is \(offset), sent were \(sent?.end ?? 0) bytes")
            )
        }
        return proceed(from: offset, expiresAt: expiry(in: answer))
    }

    mutating func receiveTransfer(_ answer: Answer, to request: Request, cause: Cause) -> Action {
        guard case .file(let sent) = request.body else { preconditionFailure("a PATCH carries bytes of the file") }
        guard let offset = answer.byteCount(.uploadOffset), offset > sent.lowerBound, offset <= sent.upperBound else {
            let expected = "\(sent.lowerBound + 1) to \(sent.upperBound)"
            return malformed(request, cause: cause.adding("its Upload-Offset is not within \(expected)"))
        }
        doubts.refusals = 0
        doubts.denials = 0
        doubts.mismatches = 0
        return proceed(from: offset, expiresAt: expiry(in: answer))
    }

    /// Goes on from the server's offset; what the next `PATCH` can do is durable before it is sent.
    private mutating func proceed(from offset: Int64, expiresAt: Date?) -> Action {
        doubts.heard(offset)
        // Each time counts as a restart, so that two servers that take turns do not go on for ever.
        if offset < upload.offset, upload.restarts >= plan.maximumRestarts {
            return fail(.goneTooOften, Cause("the server's offset went back from \(upload.offset) to \(offset) again"))
        }
        guard offset < upload.length else { return transferred() }
        let completing = reachesEnd(from: offset)
        if offset == upload.offset, completing == upload.completing, expiresAt == upload.expiresAt {
            return sendTransfer()
        }
        return record(.acknowledged(offset: offset, completing: completing, expiresAt: expiresAt))
    }

    /// The outcome of a `PATCH` is in doubt: ask for the offset, unless that did not help before.
    mutating func askOffset(_ code: Problem.Code, cause: Cause) -> Action {
        doubts.count += 1
        return doubts.count < Self.maximumDoubts ? sendOffset() : later(code, cause)
    }

    /// Ends in a refusal, after one look at the offset where the last byte may be there already.
    ///
    /// There are servers that refuse every `PATCH` of a complete upload (resumable-upload 0.3.0 says 403), also the
    /// one that follows an offset which was stale.
    mutating func refuse(_ request: Request, _ refusal: Transition) -> Action {
        guard request.step == .transfer, upload.completing else { return record(refusal) }
        doubts.refusal = refusal
        return sendOffset()
    }

    /// Whether the look at the offset leaves a refused `PATCH` refused.
    ///
    /// An upload is given up for another one only where the server says that bytes are missing, and has no more of them
    /// than it ever named; what else it says is met as it is without a refusal.
    func isSettled(_ refusal: Transition, by answer: Answer, _ verdict: AnswerTable.Verdict) -> Bool {
        let offset = verdict == .accepted ? answer.byteCount(.uploadOffset) : nil
        if case .gone = refusal { return offset.map { $0 <= doubts.highest && $0 < upload.length } ?? false }
        return offset != upload.length
    }

    mutating func smallerOnce(_ request: Request, cause: Cause) -> Action {
        doubts.refusals += 1
        guard doubts.refusals == 1 else { return fail(.refused, cause) }
        rule = rule.smaller(than: request.body.count) ?? rule
        return askOffset(.noProgress, cause: cause)
    }

    mutating func smaller(_ request: Request, cause: Cause) -> Action {
        guard let smaller = rule.smaller(than: request.body.count) else { return fail(.requestTooLarge, cause) }
        rule = smaller
        return sendOffset()
    }

    mutating func sameRange(_ request: Request, cause: Cause) -> Action {
        doubts.mismatches += 1
        return doubts.mismatches == 1 ? send(request) : fail(.checksumMismatch, cause)
    }

    mutating func gone(cause: Cause) -> Action {
        // Some servers forget an upload when it is complete.
        if upload.completing, plan.finalize == nil, let probe = plan.probe {
            goneDoubt = cause
            return send(probe.request)
        }
        return lost(cause: cause)
    }

    /// What follows where the host has the file, or not, whose upload is gone.
    mutating func probedGone(_ state: HostAPI.FileState, cause: Cause) -> Action {
        if let size = state.size, size != upload.length { return lost(cause: cause) }
        switch state.readiness {
        case .ready:
            return transferred()
        case .pending:
            guard let probe = plan.probe, upload.attempt + 1 < probe.maximumPolls else {
                return fail(.completionOutcomeUnknown, cause)
            }
            return later(.notReady, cause, retryAfter: RetryAfter.seconds(probe.interval))
        case .failed:
            return fail(.processingFailed, cause)
        case .another:
            return lost(cause: cause)
        }
    }

    /// The host did not answer with the file: only that there is none is a reason to send it again.
    mutating func goneUnanswered(_ answer: Answer, _ verdict: AnswerTable.Verdict, cause: Cause) -> Action {
        if plan.probe?.isAbsent(answer) == true { return lost(cause: goneDoubt ?? cause) }
        if case .later(let code) = verdict { return later(code, cause) }
        switch answer.status {
        case 401 where plan.renews.contains(.probe) && triedAtMost(1, .credentialsRefused):
            return later(.credentialsRefused, cause)
        case 401:
            return record(.parked(.credentials, cause.problem(.credentialsRefused)))
        case 403:
            return record(.parked(.permission, cause.problem(.permissionRefused)))
        default:
            return goneUnclear(cause: cause)
        }
    }

    /// The host's answer does not tell whether it has the file.
    mutating func goneUnclear(cause: Cause) -> Action {
        triedAtMost(Self.maximumUnclear, .malformedAnswer)
            ? later(.malformedAnswer, cause) : fail(.completionOutcomeUnknown, cause)
    }

    private mutating func lost(cause: Cause) -> Action {
        if upload.completing, plan.finalize != nil || plan.grant { return fail(.completionOutcomeUnknown, cause) }
        // What the host created a moment ago may not be known everywhere; another mint would leave this one behind.
        let isNew = plan.mint?.createsUpload == true && upload.offset == 0
        if isNew, triedAtMost(Self.maximumUnknown, .serverError) { return later(.serverError, cause) }
        guard upload.restarts < plan.maximumRestarts else { return fail(.goneTooOften, cause) }
        return record(.gone(cause.problem(.uploadGone), next: plan.mint == nil ? .create : .mint))
    }
}
