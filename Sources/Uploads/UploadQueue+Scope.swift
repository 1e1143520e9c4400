internal import UploadStore

/// What can be paused as a whole.
public enum UploadScope: Sendable, Hashable {
    /// Everything.
    case queue
    /// The uploads to a destination, also those that are added later.
    case destination(String)
    /// The uploads of a batch, also those that are added later.
    case batch(String)

    init(_ scope: Scope) {
        switch scope {
        case .queue: self = .queue
        case .destination(let name): self = .destination(name)
        case .batch(let name): self = .batch(name)
        }
    }

    var scope: Scope {
        switch self {
        case .queue: .queue
        case .destination(let name): .destination(name)
        case .batch(let name): .batch(name)
        }
    }
}

extension UploadQueue {
    /// What all processors together, in all processes, may do at once.
    public struct Limits: Sendable, Equatable {
        /// Uploads in hand, 1 or more; nil: no bound.
        public var concurrency: Int?
        /// Bytes a second that are sent, 1,024 or more; nil: no bound.
        public var bytesPerSecond: Int64?

        /// Limits.
        ///
        /// - Parameters:
        ///   - concurrency: Uploads in hand, 1 or more.
        ///   - bytesPerSecond: Bytes a second that are sent, 1,024 or more.
        public init(concurrency: Int? = nil, bytesPerSecond: Int64? = nil) {
            self.concurrency = concurrency
            self.bytesPerSecond = bytesPerSecond
        }

        init(_ limits: UploadStore.Limits) {
            self.init(concurrency: limits.concurrency, bytesPerSecond: limits.bytesPerSecond)
        }

        func checked() throws -> UploadStore.Limits {
            guard concurrency.map({ $0 > 0 }) ?? true else {
                throw UploadQueueError(.invalidOption, "a limit of uploads in hand is 1 or more")
            }
            guard bytesPerSecond.map({ $0 >= 1024 }) ?? true else {
                throw UploadQueueError(.invalidOption, "a limit of bytes a second is 1,024 or more")
            }
            return .init(concurrency: concurrency, bytesPerSecond: bytesPerSecond)
        }
    }

    /// Keeps everything of a scope from being worked until it is resumed, also after a restart.
    ///
    /// What a worker has in hand is given back once the answer in hand was recorded.
    ///
    /// - Parameter scope: What.
    /// - Throws: ``UploadQueueError`` `not_found` where there is no such destination or batch.
    public func pause(_ scope: UploadScope) async throws {
        try await UploadQueueError.wrapping { try await store.setPaused(true, scope.scope) }
        work.signal()
    }

    /// Lets a scope be worked again; an upload that was paused by itself stays so.
    ///
    /// - Parameter scope: What.
    /// - Throws: ``UploadQueueError`` `not_found` where there is no such destination or batch.
    public func resume(_ scope: UploadScope) async throws {
        try await UploadQueueError.wrapping { try await store.setPaused(false, scope.scope) }
        work.signal()
    }

    /// Whether a scope was paused as a whole.
    ///
    /// - Parameter scope: What.
    /// - Returns: Also false where there is no such destination or batch.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    public func isPaused(_ scope: UploadScope) async throws -> Bool {
        try await UploadQueueError.wrapping { try await store.isPaused(scope.scope) }
    }

    /// Limits what all processors together do at once; those that run follow within a second.
    ///
    /// Each processor is also bound by its own ``UploadProcessor/Options/concurrency``.
    ///
    /// - Parameters:
    ///   - limits: The limits; nil values take a bound away.
    ///   - destination: For this destination; nil: for the queue as a whole.
    /// - Throws: ``UploadQueueError`` `invalid_option`, or `not_found` where there is no such destination.
    public func limit(_ limits: Limits, destination: String? = nil) async throws {
        let limits = try limits.checked()
        try await UploadQueueError.wrapping { try await store.setLimits(limits, of: destination) }
        work.signal()
    }

    /// The limits of the queue as a whole, or of a destination.
    ///
    /// - Parameter destination: The destination; nil: the queue.
    /// - Returns: The limits; without bounds also where there is no such destination.
    /// - Throws: ``UploadQueueError`` when the database cannot be read.
    public func limits(destination: String? = nil) async throws -> Limits {
        let all = try await UploadQueueError.wrapping { try await store.limits() }
        guard let destination else { return Limits(all.queue) }
        return all.destinations[destination].map(Limits.init) ?? Limits()
    }
}
