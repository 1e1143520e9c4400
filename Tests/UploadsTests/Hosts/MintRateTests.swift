import Testing

@testable import Uploads

@Suite struct MintRateTests {
    @Test func aBurstIsFreeAndTheRestIsSpread() {
        let rate = MintRate()
        let waits = (0..<14).map { _ in rate.wait("a", perMinute: 60, at: 1000) }
        #expect(waits == Array(repeating: 0, count: 10) + [1, 2, 3, 4])
        #expect(rate.wait("b", perMinute: 60, at: 1000) == 0, "each destination has its own")
        #expect(rate.wait("a", perMinute: 60, at: 1014) == 0, "time gives places back")
    }

    @Test func noWaitIsLongerThanAMinuteWhateverTheClockDoes() {
        let rate = MintRate()
        for _ in 0..<1000 { #expect(rate.wait("a", perMinute: 1, at: 1_000_000) <= 60) }
        #expect(rate.wait("a", perMinute: 1, at: 0) <= 60, "the clock went back")
    }
}
