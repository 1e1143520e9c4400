package import Foundation

/// What the processor takes from the world around it, so that a test can give its own.
package struct Surroundings: Sendable {
    /// The time of the wall clock.
    package var now: @Sendable () -> Date
    /// Anything from 0 up to 1, at random.
    package var chance: @Sendable () -> Double
    /// An environment variable.
    package var environment: @Sendable (String) -> String?

    package init(
        now: @escaping @Sendable () -> Date = { Date() },
        chance: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
        environment: @escaping @Sendable (String) -> String? = { ProcessInfo.processInfo.environment[$0] }
    ) {
        self.now = now
        self.chance = chance
        self.environment = environment
    }
}
