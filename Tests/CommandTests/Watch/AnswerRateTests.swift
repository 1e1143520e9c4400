import Testing

@testable import upload_queue

@Suite struct AnswerRateTests {
    @Test func rateIsToldFromAnswerToAnswer() throws {
        var rate = AnswerRate()
        for (time, position) in [(0.0, 5), (1.0, 5), (3.0, 105), (4.0, 105), (7.0, 305), (11.0, 505)] {
            rate.add(Int64(position), at: time)
        }
        // 400 in the 8 seconds from the first answer to the last one.
        #expect(rate.perSecond(at: 11) == 50)
        #expect(rate.perSecond(at: 14) == 50)
        #expect(rate.secondsLeft(for: 100, at: 11) == 2)
    }

    @Test func oneAnswerTellsNothing() {
        var rate = AnswerRate()
        rate.add(5, at: 0)
        rate.add(105, at: 3)
        #expect(rate.perSecond(at: 5) == nil)
        #expect(rate.secondsLeft(for: 1, at: 5) == nil)
    }

    @Test func oneAnswerIsEnoughWhereTheBeginningWasSeen() {
        var rate = AnswerRate(startsNow: true)
        rate.add(0, at: 2)
        rate.add(100, at: 4)
        #expect(rate.perSecond(at: 4) == 50)
    }

    @Test func aLateAnswerSlowsTheRateAndALongSilenceEndsIt() {
        var rate = AnswerRate(startsNow: true)
        rate.add(0, at: 0)
        rate.add(100, at: 2)
        #expect(rate.perSecond(at: 4) == 50)
        #expect(rate.perSecond(at: 6) == 25)
        #expect(rate.perSecond(at: 60) == 0)
        #expect(rate.secondsLeft(for: 1, at: 60) == nil)
    }

    @Test func oldAnswersAreForgotten() {
        var rate = AnswerRate(window: 10, startsNow: true)
        for second in 0...20 { rate.add(Int64(second) * 100, at: Double(second)) }
        for second in 21...40 { rate.add(2000 + Int64(second - 20), at: Double(second)) }
        #expect(rate.perSecond(at: 40) == 1)
    }

    @Test func anOffsetThatWentBackStartsOver() {
        var rate = AnswerRate(startsNow: true)
        rate.add(0, at: 0)
        rate.add(1000, at: 1)
        rate.add(0, at: 2)
        #expect(rate.perSecond(at: 3) == nil)
        rate.add(100, at: 4)
        #expect(rate.perSecond(at: 4) == 50)
    }
}
