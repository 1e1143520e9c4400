import Testing

@testable import Uploads

@Suite struct RetryPolicyTests {
    private static let chances = [0, 0.001, 0.25, 0.5, 0.75, 0.999, 1.0.nextDown]

    /// Some servers hold a lock for 30 to 60 seconds: the first back-offs together outlast it.
    @Test(arguments: chances) func firstDelaysSpanHalfAMinuteToOne(chance: Double) {
        let policy = RetryPolicy()
        let span = (0..<policy.delays.count).map { policy.delay(attempt: $0, chance: chance) }.reduce(.zero, +)
        #expect(span >= .seconds(30))
        #expect(span <= .seconds(60))
    }

    @Test func firstDelaysAreLengthenedByHalfAtMost() {
        let policy = RetryPolicy()
        for (attempt, delay) in policy.delays.enumerated() {
            for chance in Self.chances {
                let actual = policy.delay(attempt: attempt, chance: chance)
                #expect(actual >= delay && actual <= delay * 1.5)
            }
        }
    }

    @Test func laterDelaysAreDrawnFromZeroToABoundThatDoubles() {
        let policy = RetryPolicy()
        for attempt in policy.delays.count...400 {
            #expect(policy.delay(attempt: attempt, chance: 0) == .zero)
            var last = Duration.zero
            for chance in Self.chances {
                let delay = policy.delay(attempt: attempt, chance: chance)
                #expect(delay >= last && delay <= policy.longestDelay)
                last = delay
            }
        }
        let nearlyOne = (5...12).map { policy.delay(attempt: $0, chance: 1) }
        #expect(nearlyOne == [40, 80, 160, 300, 300, 300, 300, 300].map { .seconds($0) })
    }

    @Test(arguments: [0, 1, 5, 20, 21, 64, 1_000_000, Int.max])
    func everyAttemptHasADelay(attempt: Int) {
        let policies = [
            RetryPolicy(), RetryPolicy(delays: []), RetryPolicy(delays: [.zero], longestDelay: .zero),
            RetryPolicy(delays: [.seconds(1_000_000)], longestDelay: .seconds(10)),
        ]
        for policy in policies {
            for chance in Self.chances {
                #expect(policy.delay(attempt: attempt, chance: chance) >= .zero)
            }
        }
    }

    @Test func maximumAttemptsIsAtLeastOne() {
        #expect(RetryPolicy(maximumAttempts: -3).maximumAttempts == 1)
        #expect(RetryPolicy().maximumAttempts == 300)
    }
}
