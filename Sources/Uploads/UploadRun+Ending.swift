internal import Foundation
internal import Logging
internal import Tus
internal import UploadStore

/// How a claim ends when the upload does not complete.
extension UploadRun {
    /// The longest that a server's `Retry-After` is honoured, and that a stored back-off can lie ahead.
    static let longestWait: TimeInterval = 3600

    /// Gives the upload back until a later time, or fails it where it was tried often enough.
    ///
    /// `upload` is what is known of it now; nil: what was known when it was claimed.
    func later(
        _ problem: Problem,
        of upload: UploadMachine.Upload?,
        retryAfter: RetryAfter? = nil,
        pausesDestination: Bool = false,
        finalizeWasUnsent: Bool = false
    ) async throws {
        let attempt = upload?.attempt ?? claimed.upload.attempt
        let isFinalizing = upload.map { $0.phase == .finalize } ?? (claimed.upload.phase == .finalize)
        let retry = retryPolicy
        // How often the host is asked for its file is bounded by itself, and no reason to fail.
        let isPoll = upload?.phase == .confirm
        guard isPoll || attempt < retry.maximumAttempts - 1 && claimed.upload.tries < retry.maximumTries - 1 else {
            // To give up does not settle what came of a finalize.
            let sent = upload?.finalizeSent ?? claimed.upload.finalizeSent
            let isInDoubt = isFinalizing && sent > (finalizeWasUnsent ? 1 : 0)
            let tries = max(attempt, claimed.upload.tries) + 1
            let message = "given up after \(tries) tries; the last: \(problem.message); retry takes it up again"
            if claimed.upload.phase == .confirm, claimed.upload.requested != .cancel {
                // Every byte is there, and the host has its file.
                let note = (code: Problem.Code.unconfirmed.rawValue, message: message)
                try await store.confirmed(claim, note: note, now: Timestamp.text(now))
                end.note(.completed, code: note.code)
                return
            }
            try await fail(
                Problem(code: isInDoubt ? "finalize_outcome_unknown" : "too_many_attempts", message: message)
            )
            return
        }
        let now = now
        // A finalize is repeated once only, so not at once: the host may be starting again.
        let step = isFinalizing ? max(attempt, 1) : attempt
        var wait = retry.delay(attempt: step, chance: context.surroundings.chance()).seconds
        // A poll: nothing went wrong, and the host is asked as often as its destination says.
        if upload?.phase == .confirm, problem.code == Problem.Code.notReady.rawValue { wait = 0 }
        switch retryAfter {
        case .seconds(let seconds): wait = max(wait, Double(seconds))
        case .date(let date): wait = max(wait, date.timeIntervalSince(now))
        case nil: break
        }
        let retryAt = Timestamp.text(now.addingTimeInterval(min(wait, Self.longestWait)))
        logger.info(
            "Upload is tried again later",
            metadata: ["error.type": "\(problem.code)", "upload.retry_at": "\(retryAt)"]
        )
        if pausesDestination {
            let horizon = Timestamp.text(now.addingTimeInterval(Self.longestWait))
            try await store.pauseDestination(claimed.upload.destination, until: retryAt, horizon: horizon)
        }
        try await store.tryLater(
            claim,
            at: retryAt,
            code: problem.code,
            message: problem.message,
            requestIsOld: claimed.upload.requested != nil,
            finalizeWasUnsent: finalizeWasUnsent
        )
        end.note(.pending, code: problem.code)
    }

    /// When this upload is tried again: what it, its destination and the worker say, in this order.
    private var retryPolicy: RetryPolicy {
        var policy = context.retry
        let most = claimed.upload.maxAttempts ?? claimed.destination.maxAttempts
        policy.maximumAttempts = most ?? policy.maximumAttempts
        if let longest = claimed.destination.longestDelay {
            policy.longestDelay = .seconds(longest)
            policy.delays = policy.delays.map { min($0, .seconds(longest)) }
        }
        return policy
    }

    func fail(_ problem: Problem) async throws {
        if claimed.upload.requested == .cancel {
            // What hinders an upload does not hinder its cancellation: at worst the server keeps what it has.
            try await store.deleted(claim, note: (problem.code, problem.message), now: Timestamp.text(now))
            end.note(.cancelled, code: problem.code)
            return
        }
        logger.info("Upload failed", metadata: ["error.type": "\(problem.code)"])
        try await store.failed(claim, code: problem.code, message: problem.message, now: Timestamp.text(now))
        end.note(.failed, code: problem.code)
    }

    /// Gives the upload back as it is.
    func release() async throws {
        try await store.released(claim)
        end.note(.pending)
    }

    func pause() async throws {
        try await store.paused(claim)
        end.note(.paused)
    }

    /// Lets the upload wait for a person.
    func park(_ reason: String, _ problem: Problem, finalizeWasUnsent: Bool = false) async throws {
        logger.info("Upload waits for a person", metadata: ["error.type": "\(problem.code)"])
        if finalizeWasUnsent {
            try await store.parkedUnfinalized(claim, reason: reason, code: problem.code, message: problem.message)
        } else {
            try await store.parked(claim, reason: reason, code: problem.code, message: problem.message)
        }
        end.note(.paused, code: problem.code)
    }

    func refuse(_ failure: UploadPlan.Failure) async throws {
        if failure.isPassing {
            try await later(Problem(code: failure.code, message: failure.message), of: nil)
            return
        }
        if let reason = failure.parks, claimed.upload.requested != .cancel {
            try await park(reason.rawValue, Problem(code: failure.code, message: failure.message))
        } else {
            try await fail(Problem(code: failure.code, message: failure.message))
        }
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
