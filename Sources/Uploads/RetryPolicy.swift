/// How long the queue waits before it tries again.
public struct RetryPolicy: Sendable {
    /// The first back-offs, in order; each is lengthened by up to half of itself at random.
    public var delays: [Duration]
    /// The longest back-off after those; it doubles up to here, and the actual one is drawn from zero to it.
    public var longestDelay: Duration
    /// Tries of one phase without progress after which the upload fails, 1 or more.
    public var maximumAttempts: Int
    /// Tries of one upload after which it fails, with or without progress, 1 or more.
    public var maximumTries: Int

    /// A policy; the defaults wait 0, 3, 5, 10 and 20 seconds, then up to 5 minutes, and give up after 300 tries (about
    /// half a day), or after 3,000 tries in all.
    ///
    /// - Parameters:
    ///   - delays: The first back-offs. Together they should span 30 seconds or more: some servers hold a lock that long.
    ///   - longestDelay: The longest back-off after those.
    ///   - maximumAttempts: Tries of one phase without progress after which the upload fails.
    ///   - maximumTries: Tries of one upload after which it fails, with or without progress.
    public init(
        delays: [Duration] = [.zero, .seconds(3), .seconds(5), .seconds(10), .seconds(20)],
        longestDelay: Duration = .seconds(300),
        maximumAttempts: Int = 300,
        maximumTries: Int = 3000
    ) {
        self.delays = delays
        self.longestDelay = longestDelay
        self.maximumAttempts = max(1, maximumAttempts)
        self.maximumTries = max(1, maximumTries)
    }

    /// The back-off before the next try.
    ///
    /// - Parameters:
    ///   - attempt: Tries already made without progress, 0 or more.
    ///   - chance: Anything from 0 up to 1.
    /// - Returns: The time to wait.
    func delay(attempt: Int, chance: Double) -> Duration {
        if attempt < delays.count { return delays[attempt] * (1 + chance / 2) }
        let last = max(delays.last ?? .zero, .seconds(1))
        let doublings = min(attempt - delays.count, 20) + 1
        return min(longestDelay, last * (1 << doublings)) * chance
    }
}
