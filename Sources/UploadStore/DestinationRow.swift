internal import GRDB

/// One row of the table `destination`.
package struct DestinationRow: Sendable, Equatable {
    package var name: String
    /// Where uploads are created; nil where each brings its own by a grant.
    package var endpoint: String?
    /// A JSON object, name to value or to `env:NAME`.
    package var headers: String
    /// A JSON object.
    package var metadata: String
    /// Bytes of every PATCH but the last; nil leaves it to the queue.
    package var chunkSize: Int64?
    /// `none` or `wix`.
    package var finalize: String
    /// What its host wants beside tus, as JSON.
    package var configuration: String?
    /// Whether an upload without a grant starts in phase `mint`.
    package var mints: Bool
    /// What all workers together may do for it at once.
    package var limits: Limits
    /// Tries of a phase without progress; nil: the worker's.
    package var maxAttempts: Int?
    /// Seconds; the longest back-off; nil: the worker's.
    package var longestDelay: Int?
    /// Whether nothing is claimed for it; read only, see ``Store/setPaused(_:_:)``.
    package var isPaused = false

    package init(
        name: String,
        endpoint: String?,
        headers: String = "{}",
        metadata: String = "{}",
        chunkSize: Int64? = nil,
        finalize: String = "none",
        configuration: String? = nil,
        mints: Bool = false,
        limits: Limits = Limits(),
        maxAttempts: Int? = nil,
        longestDelay: Int? = nil
    ) {
        self.name = name
        self.endpoint = endpoint
        self.headers = headers
        self.metadata = metadata
        self.chunkSize = chunkSize
        self.finalize = finalize
        self.configuration = configuration
        self.mints = mints
        self.limits = limits
        self.maxAttempts = maxAttempts
        self.longestDelay = longestDelay
    }
}

extension DestinationRow {
    init(_ row: Row) {
        self.init(
            name: row["name"],
            endpoint: row["endpoint"],
            headers: row["headers"],
            metadata: row["metadata"],
            chunkSize: row["chunk_size"],
            finalize: row["finalize"],
            configuration: row["configuration"],
            mints: row["mints"],
            limits: Limits(concurrency: row["concurrency"], bytesPerSecond: row["bytes_per_second"]),
            maxAttempts: row["max_attempts"],
            longestDelay: row["longest_delay"]
        )
        isPaused = row["paused"]
    }
}
