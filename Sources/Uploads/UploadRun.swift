internal import Foundation
internal import HTTPTypes
internal import Logging
internal import NIOCore
internal import Synchronization
internal import Tus
internal import UploadStore

/// One claim, worked to its end: row to action, action to HTTP, answer to row.
struct UploadRun: Sendable {
    /// What the runs of one processor share.
    struct Context: Sendable {
        var store: Store
        var transport: Transport
        var capabilities: CapabilityCache
        var retry: RetryPolicy
        var surroundings: Surroundings
        var metrics: UploadMetrics
        var monitor: TransferMonitor
        var patience: DatabasePatience
        var mintRate: MintRate
        var credentials: CredentialCache
        var bandwidth: Bandwidth
        var logger: Logger
        var isStopping: @Sendable () -> Bool
    }

    let claimed: ClaimedUpload
    let context: Context
    let logger: Logger
    let end = ClaimEnd()

    init(_ claimed: ClaimedUpload, context: Context) {
        self.claimed = claimed
        self.context = context
        var logger = context.logger
        logger[metadataKey: "upload.id"] = "\(claimed.upload.id)"
        logger[metadataKey: "upload.destination"] = "\(claimed.upload.destination)"
        if !claimed.upload.batch.isEmpty { logger[metadataKey: "upload.batch"] = "\(claimed.upload.batch)" }
        self.logger = logger
    }

    var claim: Claim { claimed.claim }
    var store: Store { context.store }
    var now: Date { context.surroundings.now() }

    /// Works the upload until it is finished, later, paused or released.
    ///
    /// - Throws: ``UploadStoreError`` when the database fails: then nothing more can be recorded and the worker ends.
    func work() async throws {
        let start = ContinuousClock.now
        // Not thrown within: a span would record the error with its message, which can name a file.
        try await traced {
            do { return .success(try await workClaimed()) } catch { return .failure(error) }
        }.get()
        guard let status = end.status else { return }
        context.metrics.ended(
            status,
            code: end.code,
            destination: claimed.upload.destination,
            after: ContinuousClock.now - start
        )
    }

    private func workClaimed() async throws {
        logger.debug("Upload claimed", metadata: ["upload.phase": "\(claimed.upload.phase.rawValue)"])
        let row = Upload(claimed.upload)
        context.monitor.began(
            Transfer(
                id: row.id,
                sourcePath: row.sourcePath,
                phase: row.phase,
                length: row.length,
                offset: row.offset
            )
        )
        defer { context.monitor.ended(claim.uploadID) }
        do {
            try await workClaim()
            try await settleSource()
        } catch let error as UploadStoreError where error.code == .claimLost {
            lost()
        } catch let error as UploadStoreError where error.code == .refused {
            // What a server answered breaks a rule of the schema; the next upload need not.
            let message = "what the server answered cannot be stored: \(error.message)"
            try await settle { try await fail(Problem(code: "answer_not_storable", message: message)) }
        } catch let error as UploadStoreError where error.code == .wrongPermissions {
            let problem = Problem(code: error.code.rawValue, message: error.message)
            try await settle { try await park("permission", problem) }
        } catch let failure as SourceFile.Failure {
            let problem = Problem(code: failure.code, message: failure.message)
            try await settle {
                if failure.isPassing { try await later(problem, of: nil) } else { try await fail(problem) }
            }
        } catch let failure as UploadPlan.Failure {
            try await settle { try await refuse(failure) }
        } catch is CancellationError {
            try await settle { try await release() }
        }
    }

    private func settle(_ body: () async throws -> Void) async throws {
        do {
            try await durably(body)
        } catch let error as UploadStoreError where error.code == .claimLost {
            lost()
        }
    }

    private func lost() {
        logger.info("Upload is worked by another worker now")
        end.note(nil, code: UploadStoreError.Code.claimLost.rawValue)
    }

    private func durably<Value>(_ write: () async throws -> Value) async throws -> Value {
        try await context.patience.write(write)
    }

    private func workClaim() async throws {
        if claimed.upload.requested == .pause {
            try await durably { try await pause() }
            return
        }
        // Before the host is asked for what could not be kept.
        if claimed.upload.phase == .mint, claimed.upload.requested != .cancel { try store.checkKeepsSecrets() }
        let file = try openSource()
        let identity = try await identity(of: file)
        var known = claimed
        known.upload.uploadLength = identity.length
        // A row that SQL inserted was checked by nobody, and the destination may have changed since any other was.
        if file != nil, known.upload.phase == .mint || known.upload.phase == .create {
            try Destination(known.destination).checkLimits(of: known.upload.sourcePath, length: identity.length)
        }
        try await replaceExpiredGrant(&known)
        let upload = try UploadPlan.upload(known, identity: identity)
        var (plan, provided) = try await plan(known)
        if !plan.grant {
            plan.capabilities = await context.capabilities.capabilities(of: upload.endpoint, headers: plan.headers)
        }
        let machine = UploadMachine(upload: upload, plan: plan)
        try await drive(known, machine, (plan, provided), file: file, identity: identity)
    }

    /// What the machine needs to know, with credentials as they are now, and those that the program provided.
    private func plan(_ known: ClaimedUpload) async throws -> (UploadMachine.Plan, provided: [String: String]) {
        let provided = try await context.credentials.secrets(of: known.destination)
        let environment = context.surroundings.environment
        let context = UploadPlan.Context(now: now) { reference in
            let value =
                reference.hasPrefix(Secret.environment)
                ? environment(String(reference.dropFirst(Secret.environment.count))) : provided[reference]
            return value.flatMap { !$0.isEmpty && HTTPFieldName.isValidValue($0) ? $0 : nil }
        }
        return (try UploadPlan.plan(known, capabilities: nil, context), provided)
    }

    /// Where a grant that the queue got has expired before it was used, another one is got before a byte is wasted.
    private func replaceExpiredGrant(_ known: inout ClaimedUpload) async throws {
        let row = known.upload
        guard row.phase == .create, row.uploadToken != nil, known.destination.mints, row.requested != .cancel,
            let expiresAt = row.expiresAt, expiresAt <= Timestamp.text(now)
        else { return }
        let message = "the grant expired before it was used; another one is asked for"
        _ = try await durably { try await store.gone(claim, next: .mint, code: "grant_replaced", message: message) }
        known.upload.phase = .mint
        known.upload.endpoint = nil
        known.upload.uploadToken = nil
    }

    private func drive(
        _ claimed: ClaimedUpload,
        _ first: UploadMachine,
        _ made: (UploadMachine.Plan, provided: [String: String]),
        file: SourceFile?,
        identity: SourceIdentity
    ) async throws {
        var known = claimed
        var (plan, provided) = made
        var machine = first
        var action = machine.start()
        while true {
            switch action {
            case .stop:
                return
            case .digest:
                action = machine.digested(try await sourceMD5(identity))
            case .send(let request):
                if context.isStopping() && request.step != .finalize {
                    try await durably { try await release() }
                    return
                }
                try check(file, identity, before: request.step)
                tellMonitor(machine.upload)
                do {
                    let answer = try await send(request, file: file)
                    // Some hosts say 403 of a token that expired.
                    if answer.status == 403 || answer.status == 401 && plan.renews.contains(request.step) {
                        await context.credentials.refused(provided)
                    }
                    if request.step == .transfer { try file?.check(identity) }
                    action = machine.receive(answer)
                } catch let failure as RequestFailure {
                    logger.debug("No answer", metadata: ["error.type": "\(failure.code)"])
                    if request.step == .transfer { try file?.check(identity) }
                    if request.step == .finalize && !failure.wasSent {
                        let problem = Problem(code: failure.code, message: failure.message)
                        try await durably { try await later(problem, of: machine.upload, finalizeWasUnsent: true) }
                        return
                    }
                    action = machine.receive(failure)
                }
            case .record(let transition):
                let outcome = try await durably { try await record(transition, of: machine.upload, known) }
                learn(transition, of: &known)
                try await reopenDestination(after: transition)
                if case .created(_, _, let captured, _) = transition, !captured.isEmpty {
                    (plan, provided) = try await self.plan(known)
                    machine.adopt(plan)
                }
                switch outcome {
                case .ended:
                    return
                case .goesOn(nil) where transition.needsAnotherPlan(than: plan):
                    _ = machine.recorded()
                    (plan, provided) = try await self.plan(known)
                    machine = UploadMachine(upload: machine.upload, plan: plan)
                    action = machine.start()
                case .goesOn(.pause) where transition != .finalizeSent:
                    try await durably { try await pause() }
                    return
                case .goesOn(.hold) where transition != .finalizeSent:
                    try await durably { try await release() }
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

    /// Where this upload went first after its destination asked its clients to wait, the others follow once it gets on.
    private func reopenDestination(after transition: Transition) async throws {
        guard let seen = claimed.destinationRetryAt, transition.isSuccess else { return }
        try await durably { try await store.reopenDestination(claimed.upload.destination, after: seen) }
    }

    private func tellMonitor(_ upload: UploadMachine.Upload) {
        context.monitor.requests(
            claim.uploadID,
            phase: .init(rawValue: upload.phase.rawValue) ?? .transfer,
            offset: upload.offset,
            length: upload.length
        )
    }

    private func send(_ request: Tus.Request, file: SourceFile?) async throws -> Answer {
        logger.trace("Sending", metadata: ["http.request.method": "\(request.method.rawValue)"])
        if request.step == .mint, let perMinute = Destination(claimed.destination).configuration?.steps.mint?.perMinute
        {
            let time = now.timeIntervalSinceReferenceDate
            let wait = context.mintRate.wait(claimed.upload.destination, perMinute: perMinute, at: time)
            if wait > 0 { try await Task.sleep(for: .seconds(wait)) }
        }
        let isTransfer = request.step == .transfer
        if isTransfer { context.metrics.sending(bytes: request.body.count, to: claimed.upload.destination) }
        let pace = FileBody.Pace(
            piece: { [bandwidth = context.bandwidth, name = claimed.upload.destination] in bandwidth.piece(for: name) },
            wait: { [bandwidth = context.bandwidth, name = claimed.upload.destination] bytes in
                bandwidth.wait(for: bytes, to: name, at: Double(NIODeadline.now().uptimeNanoseconds) / 1e9)
            }
        )
        let answer = try await context.transport.send(request, file: file, pace: pace) {
            [monitor = context.monitor, claim] bytes in
            if isTransfer { monitor.sent(bytes, of: claim.uploadID) }
        }
        logger.trace("Answered", metadata: ["http.response.status_code": "\(answer.status)"])
        return answer
    }
}
