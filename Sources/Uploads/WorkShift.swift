internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import UploadStore

/// One run of a processor: a worker in the database, and the loop that keeps it busy.
final class WorkShift: Sendable {
    private struct State {
        var active = 0
        /// An upload that may have killed its workers is in hand, alone.
        var alone = false
        /// Uploads that were claimed while one that may have killed its workers was waiting.
        var claimsBesideSuspect = 0
        var stopping = false
        var overdue = false
        /// When the next upload becomes due.
        var dueAt: String?
        /// The workers that were told of, since nobody can tell whether they live.
        var hiddenWorkers: Set<Int64> = []
    }

    /// Every how many looks at the database the locks of other workers are tried.
    private static let looksPerTakeover = 2
    /// After so many, the hands are emptied for an upload that has to be worked alone.
    private static let mostClaimsBesideSuspect = 100
    /// Every how many looks this worker shows that it goes on, and how many uploads wait is reported: every 3 seconds.
    private static let looksPerSign = 12
    /// Seconds; a draining run waits for a back-off that ends within.
    private static let soon: TimeInterval = 60

    private let queue: UploadQueue
    private let options: UploadProcessor.Options
    private let surroundings: Surroundings
    private let monitor: TransferMonitor
    private let patience: DatabasePatience
    private let worker: Worker
    private let transport: Transport
    private let turns = Turns()
    private let bandwidth = Bandwidth()
    private let metrics = UploadMetrics()
    private let state = Mutex(State())
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(
        queue: UploadQueue,
        options: UploadProcessor.Options,
        surroundings: Surroundings,
        monitor: TransferMonitor
    ) async throws {
        self.queue = queue
        self.options = options
        self.surroundings = surroundings
        self.monitor = monitor
        try OpenFileLimit.check()
        patience = DatabasePatience(logger: options.logger)
        worker = try await queue.store.startWorker()
        transport = Transport(connections: options.concurrency, stall: options.stallTimeout)
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    private var store: Store { queue.store }
    private var now: Date { surroundings.now() }

    /// Later than any back-off that a clock without a jump can have stored.
    private func horizon(_ now: Date) -> String {
        Timestamp.text(now.addingTimeInterval(UploadRun.longestWait + Self.soon))
    }

    /// Works until drained, shut down or cancelled.
    func run() async throws {
        let signals = queue.work.stream()
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.work() }
                group.addTask { try await self.watch() }
                group.addTask {
                    for await _ in signals { self.wake.yield() }
                    try Task.checkCancellation()
                }
                defer { group.cancelAll() }
                // Only the work ends by itself; the others end by an error or with it.
                try await group.next()
            }
        } onCancelOrGracefulShutdown: {
            self.state.withLock { $0.stopping = true }
            self.wake.yield()
        }
    }

    /// Gives back what is still held, and wipes secrets that finished uploads left in the log.
    func end() async throws {
        // Shielded: a cancelled task could neither close the connections nor write.
        let ending = Task {
            try? await transport.shutdown()
            try await store.stopWorker(worker)
            try await store.forgetErasedSecrets()
            try await reportDepth()
        }
        try await ending.value
    }

    /// Claims whatever is due while there is room for it.
    private func work() async throws {
        let capabilities = CapabilityCache(transport: transport)
        let context = UploadRun.Context(
            store: store,
            transport: transport,
            capabilities: capabilities,
            retry: options.retry,
            surroundings: surroundings,
            metrics: metrics,
            monitor: monitor,
            patience: patience,
            mintRate: MintRate(),
            credentials: CredentialCache(options.credentials, bound: options.stallTimeout),
            bandwidth: bandwidth,
            logger: options.logger,
            isStopping: { self.state.withLock(\.stopping) }
        )
        var wakes = wakes.makeAsyncIterator()
        try await takeOverDead()
        try await cleanUp()
        bandwidth.update(try await store.limits(), worker: worker.id)
        try await withThrowingDiscardingTaskGroup { runs in
            while !state.withLock(\.stopping) && !Task.isCancelled {
                let now = now
                let claimed = try await claim(at: now)
                for upload in claimed {
                    runs.addTask {
                        defer { self.ended() }
                        do {
                            try await UploadRun(upload, context: context).work()
                        } catch {
                            // The group cancels the other runs, but not this loop, which would claim on and on.
                            self.state.withLock { $0.stopping = true }
                            throw error
                        }
                    }
                }
                if claimed.isEmpty {
                    if hasRoom, try await isDone(at: now) { break }
                    await wakes.next()
                }
            }
            if state.withLock(\.stopping) {
                runs.addTask {
                    try? await Task.sleep(for: self.options.gracePeriod)
                    self.state.withLock { $0.overdue = true }
                    self.wake.yield()
                }
            }
            while state.withLock({ $0.active > 0 && !$0.overdue }) && !Task.isCancelled { await wakes.next() }
            runs.cancelAll()
        }
    }

    private var room: Int { state.withLock { $0.alone ? 0 : max(1, options.concurrency) - $0.active } }

    /// Where every place is taken, what is left to do is not even looked at: it can be a million rows.
    private var hasRoom: Bool { room > 0 }

    private func claim(at now: Date) async throws -> [ClaimedUpload] {
        let (room, active) = (room, state.withLock(\.active))
        let horizon = horizon(now)
        let now = Timestamp.text(now)
        let suspects = active == 0 ? SuspectRule.aloneFirst : .none
        if active > 0, state.withLock({ $0.claimsBesideSuspect >= Self.mostClaimsBesideSuspect }) { return [] }
        guard room > 0, try await store.hasDue(now: now, horizon: horizon, suspects: suspects) else { return [] }
        let claimed = try await patiently(orElse: []) {
            try await store.claim(
                for: worker,
                limit: room,
                suspects: suspects,
                turns: turns,
                now: now,
                horizon: horizon
            )
        }
        let isBesideSuspect = active > 0 ? try await store.hasSuspect(now: now, horizon: horizon) : false
        state.withLock { state in
            state.claimsBesideSuspect = isBesideSuspect ? state.claimsBesideSuspect + claimed.count : 0
            state.active += claimed.count
            state.alone = claimed.contains { $0.upload.crashes >= Store.suspectCrashes }
        }
        return claimed
    }

    /// Waits for a database that is locked or full, but not once the run is to stop: nothing is in hand yet.
    private func patiently<Value>(orElse nothing: Value, _ write: () async throws -> Value) async throws -> Value {
        do {
            return try await patience.write(until: { state.withLock(\.stopping) }, write)
        } catch let error as UploadStoreError where error.isPassing && state.withLock(\.stopping) {
            return nothing
        }
    }

    private func ended() {
        state.withLock { state in
            state.active -= 1
            state.alone = false
        }
        wake.yield()
    }

    /// Called when nothing could be claimed: whether the run is over.
    ///
    /// Else notes when to look again. The time is that of the claim: what became due since is not to be missed.
    private func isDone(at now: Date) async throws -> Bool {
        let due = try await store.nextDue(after: Timestamp.text(now))
        state.withLock { $0.dueAt = due }
        guard state.withLock({ $0.active == 0 }) else { return false }
        try await store.forgetErasedSecrets()
        guard options.drain else { return false }
        return try await store.isDrained(
            now: Timestamp.text(now),
            soon: Timestamp.text(now.addingTimeInterval(Self.soon)),
            horizon: horizon(now),
            attempts: options.retry.delays.count
        )
    }

    /// Wakes the work for what others changed, what became due, and what dead workers left.
    private func watch() async throws {
        var seen = try await store.dataVersion()
        var looks = 0
        var reported: Int?
        while true {
            if looks.isMultiple(of: Self.looksPerSign) {
                worker.showLife()
                if reported != seen { try await reportDepth() }
                reported = seen
            }
            try await Task.sleep(for: DatabaseWatch.interval)
            looks += 1
            let version = try await store.dataVersion()
            let (horizon, now) = (horizon(now), Timestamp.text(now))
            let isDue = state.withLock { state in
                guard let due = state.dueAt, due <= now || due > horizon else { return false }
                state.dueAt = nil
                return true
            }
            if version != seen || isDue { wake.yield() }
            if version != seen { bandwidth.update(try await store.limits(), worker: worker.id) }
            seen = version
            if looks.isMultiple(of: Self.looksPerTakeover) { try await takeOverDead() }
        }
    }

    private func reportDepth() async throws {
        let counts = try await store.summary()
        for status in [Upload.Status.pending, .processing] {
            metrics.depth(status, counts.first { $0.status.rawValue == status.rawValue }?.uploads ?? 0)
        }
    }

    /// Finishes what a crash left of sources that were to go, and of copies that no upload got.
    private func cleanUp() async throws {
        let isStopping = { self.state.withLock(\.stopping) }
        do {
            try await SourceDisposal(store: store, patience: patience, logger: options.logger)
                .settleAll(until: isStopping)
        } catch let error as UploadStoreError where error.isPassing && isStopping() {
            return
        }
        do {
            try await queue.spool.collect { try await store.names($0) }
        } catch let error as UploadQueueError {
            options.logger.warning(
                "Copies that no upload has were not removed",
                metadata: ["error.type": "\(error.code)", "error.message": "\(error.message)"]
            )
        }
    }

    private func takeOverDead() async throws {
        let takeovers = try await patiently(orElse: []) {
            try await store.takeOverDead(except: worker, now: Timestamp.text(now), hidden: warn)
        }
        for takeover in takeovers {
            options.logger.info(
                "A worker died; its uploads go on",
                metadata: ["worker.id": "\(takeover.workerID)", "uploads": "\(takeover.released)"]
            )
        }
        if !takeovers.isEmpty { wake.yield() }
    }

    private func warn(of worker: Int64, _ error: UploadStoreError) {
        guard state.withLock({ $0.hiddenWorkers.insert(worker).inserted }) else { return }
        options.logger.warning(
            "Whether a worker lives cannot be told; its uploads are left to it",
            metadata: ["worker.id": "\(worker)", "error.message": "\(error.message)"]
        )
    }
}
