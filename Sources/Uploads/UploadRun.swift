internal import Foundation
internal import HTTPTypes
internal import Logging
internal import Synchronization
internal import Tus
internal import UploadStore

/// One claim, worked to its end: row to action, action to HTTP, answer to row.
struct UploadRun: Sendable {
    /// What the runs of one processor share.
    struct Context: Sendable {
        var store: UploadStore
        var transport: Transport
        var capabilities: CapabilityCache
        var retry: RetryPolicy
        var surroundings: Surroundings
        var metrics: UploadMetrics
        var logger: Logger
        var isStopping: @Sendable () -> Bool
    }

    let claimed: ClaimedUpload
    let context: Context
    private let logger: Logger

    init(_ claimed: ClaimedUpload, context: Context) {
        self.claimed = claimed
        self.context = context
        var logger = context.logger
        logger[metadataKey: "upload.id"] = "\(claimed.upload.id)"
        self.logger = logger
    }

    private var claim: Claim { claimed.claim }
    private var store: UploadStore { context.store }
    private var now: Date { context.surroundings.now() }

    /// Works the upload until it is finished, later, paused or released.
    ///
    /// - Throws: ``UploadStoreError`` when the database fails: then nothing more can be recorded and the worker ends.
    func work() async throws {
        logger.debug("Upload claimed", metadata: ["upload.phase": "\(claimed.upload.phase.rawValue)"])
        do {
            try await workClaim()
        } catch let error as UploadStoreError where error.code == .claimLost {
            logger.info("Upload is worked by another worker now")
        } catch let error as UploadStoreError where error.code == .refused {
            // The schema refused what an answer led to. Ending the worker would stop every other upload too.
            try await settle { try await fail(Problem(code: "record_refused", message: error.message)) }
        } catch let failure as SourceFile.Failure {
            try await settle { try await fail(Problem(code: failure.code, message: failure.message)) }
        } catch let failure as UploadPlan.Failure {
            try await settle { try await refuse(failure) }
        } catch is CancellationError {
            try await settle { try await store.released(claim) }
        }
    }

    private func settle(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as UploadStoreError where error.code == .claimLost {
            logger.info("Upload is worked by another worker now")
        }
    }

    private func workClaim() async throws {
        if claimed.upload.requested == .pause {
            try await store.paused(claim)
            return
        }
        let file = try openSource()
        let identity = try await identity(of: file)
        let upload = try UploadPlan.upload(claimed, identity: identity)
        let environment = context.surroundings.environment
        var plan = try UploadPlan.plan(claimed, capabilities: nil, environment: environment)
        if !plan.grant {
            plan.capabilities = await context.capabilities.capabilities(of: upload.endpoint, headers: plan.headers)
        }
        try await drive(UploadMachine(upload: upload, plan: plan), plan: plan, file: file, identity: identity)
    }

    /// The source; nil where the upload can go on without it.
    ///
    /// What is deleted at the server needs none. Where all bytes are there already, and were of the unchanged file, a
    /// source that was removed since does not stand in the way of finalize; a changed one does.
    private func openSource() throws -> SourceFile? {
        if claimed.upload.requested == .cancel { return nil }
        do {
            return try SourceFile(path: claimed.upload.sourcePath)
        } catch let failure as SourceFile.Failure
            where failure.code == "source_missing" && claimed.upload.phase == .finalize
        {
            return nil
        }
    }

    /// What the source was when it was added; for a row that SQL added, what it is at its first claim.
    private func identity(of file: SourceFile?) async throws -> SourceIdentity {
        if let known = claimed.upload.identity {
            if let file { try file.check(known) }
            return known
        }
        guard let file else {
            return SourceIdentity(length: 0, modified: 0, changed: 0, inode: 0, device: 0, bootID: "")
        }
        let identity = try file.identity()
        try await store.identified(claim, as: identity)
        return identity
    }

    private func drive(
        _ first: UploadMachine,
        plan: UploadMachine.Plan,
        file: SourceFile?,
        identity: SourceIdentity
    ) async throws {
        var machine = first
        var action = machine.start()
        while true {
            switch action {
            case .stop:
                return
            case .send(let request):
                if context.isStopping() && request.step != .finalize {
                    try await store.released(claim)
                    return
                }
                if request.step == .transfer || request.step == .finalize { try file?.check(identity) }
                do {
                    let answer = try await send(request, file: file)
                    if request.step == .transfer { try file?.check(identity) }
                    action = machine.receive(answer)
                } catch let failure as RequestFailure {
                    logger.debug("No answer", metadata: ["error.type": "\(failure.code)"])
                    if request.step == .transfer { try file?.check(identity) }
                    action = machine.receive(failure)
                }
            case .record(let transition):
                let outcome = try await record(transition)
                switch outcome {
                case .ended:
                    return
                case .goesOn(.pause) where transition != .finalizeSent:
                    try await store.paused(claim)
                    return
                case .goesOn(.cancel) where !machine.upload.cancelling:
                    // With the transition applied: it may have brought the URL that is to be deleted.
                    _ = machine.recorded()
                    var upload = machine.upload
                    upload.cancelling = true
                    machine = UploadMachine(upload: upload, plan: plan)
                    action = machine.start()
                case .goesOn:
                    action = machine.recorded()
                }
            }
        }
    }

    private func send(_ request: Tus.Request, file: SourceFile?) async throws -> Answer {
        logger.trace("Sending", metadata: ["http.request.method": "\(request.method.rawValue)"])
        if case .transfer = request.step { context.metrics.sending(bytes: request.body.count) }
        let answer = try await context.transport.send(request, file: file)
        logger.trace("Answered", metadata: ["http.response.status_code": "\(answer.status)"])
        return answer
    }

    private enum Outcome {
        case ended
        case goesOn(UploadRow.Request?)
    }

    /// Makes a transition durable.
    private func record(_ transition: Transition) async throws -> Outcome {
        switch transition {
        case .created(let url, let completing):
            return .goesOn(try await store.created(claim, url: url.absoluteString, completing: completing))
        case .acknowledged(let offset, let completing):
            return .goesOn(try await store.acknowledged(claim, offset: offset, completing: completing))
        case .transferred(.done):
            try await store.transferred(claim, next: .done, now: Timestamp.text(now))
            context.metrics.completed()
            return .ended
        case .transferred(let next):
            let request = try await store.transferred(
                claim,
                next: .init(rawValue: next.rawValue) ?? .finalize,
                now: Timestamp.text(now)
            )
            return .goesOn(request)
        case .finalizeSent:
            return .goesOn(try await store.finalizeSent(claim))
        case .finalized(let response):
            try await store.finalized(claim, response: response, now: Timestamp.text(now))
            context.metrics.completed()
            return .ended
        case .gone(let problem):
            logger.info("The server lost the upload", metadata: ["error.type": "\(problem.code)"])
            return .goesOn(try await store.gone(claim, code: problem.code, message: problem.message))
        case .later(let problem, let retryAfter, let pausesDestination):
            try await later(problem, retryAfter: retryAfter, pausesDestination: pausesDestination)
        case .failed(let problem):
            try await fail(problem)
        case .parked(let reason, let problem):
            try await park(reason, problem)
        case .deleted(let note):
            try await store.deleted(claim, note: note.map { ($0.code, $0.message) }, now: Timestamp.text(now))
        }
        return .ended
    }

    /// The longest that a server's `Retry-After` is honoured, and that a stored back-off can lie ahead.
    static let longestWait: TimeInterval = 3600

    private func later(_ problem: Problem, retryAfter: RetryAfter?, pausesDestination: Bool) async throws {
        // The offset may have advanced under this claim, which made this the first try again.
        let row = try await store.upload(claim.uploadID) ?? claimed.upload
        let attempt = row.attempt
        guard attempt < context.retry.maximumAttempts - 1 else {
            // To give up does not settle what came of a finalize.
            let isInDoubt = row.finalizeSent > 0 && row.phase == .finalize
            try await fail(
                Problem(
                    code: isInDoubt ? "finalize_outcome_unknown" : "too_many_attempts",
                    message:
                        "given up after \(attempt + 1) tries; the last: \(problem.message); retry takes it up again"
                )
            )
            return
        }
        let now = now
        let delay = context.retry.delay(attempt: attempt, chance: context.surroundings.chance())
        var wait = delay.seconds
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
        if pausesDestination { try await store.pauseDestination(claimed.upload.destination, until: retryAt) }
        try await ending {
            try await store.tryLater(claim, at: retryAt, code: problem.code, message: problem.message)
        }
    }

    private func fail(_ problem: Problem) async throws {
        logger.info("Upload failed", metadata: ["error.type": "\(problem.code)"])
        try await ending {
            try await store.failed(claim, code: problem.code, message: problem.message, now: Timestamp.text(now))
        }
        context.metrics.failed()
    }

    private func park(_ reason: ParkReason, _ problem: Problem) async throws {
        try await ending {
            try await store.parked(claim, reason: reason.rawValue, code: problem.code, message: problem.message)
        }
    }

    /// What hinders an upload does not hinder its cancellation: at worst the server keeps what it has.
    private func refuse(_ failure: UploadPlan.Failure) async throws {
        if claimed.upload.requested == .cancel {
            try await store.deleted(claim, note: (failure.code, failure.message), now: Timestamp.text(now))
        } else if let reason = failure.parks {
            try await park(reason, Problem(code: failure.code, message: failure.message))
        } else {
            try await fail(Problem(code: failure.code, message: failure.message))
        }
    }

    /// Ends the claim, and then does what a person asked for meanwhile: the end of a claim does not swallow it.
    ///
    /// A deletion that the server refused for now stays pending as it is.
    private func ending(_ body: () async throws -> Void) async throws {
        let requested = try await store.upload(claim.uploadID)?.requested
        try await body()
        guard claimed.upload.requested != .cancel else { return }
        do {
            switch requested {
            case .pause: try await store.pause(claim.uploadID)
            case .cancel: try await store.cancel(claim.uploadID, now: Timestamp.text(now))
            case nil: break
            }
        } catch let error as UploadStoreError where error.code == .refused {
            logger.debug("Request is void now", metadata: ["request": "\(requested?.rawValue ?? "")"])
        }
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
