import Testing

@testable import Uploads
@testable import upload_queue

@Suite struct WatchRatesTests {
    private static func look(there: Int64, completed: Int) -> WatchLook {
        WatchLook(
            database: "",
            counts: [
                .init(status: .processing, uploads: 1, bytesThere: there, bytes: 1 << 30),
                .init(status: .completed, uploads: completed, bytesThere: 0, bytes: 0),
            ]
        )
    }

    @Test func whatMovesIsCounted() {
        var rates = WatchRates()
        for second in 0...8 {
            rates.note(Self.look(there: 5000 + Int64(second) * 100, completed: second / 2), at: Double(second))
        }
        #expect(rates.bytes.perSecond(at: 8) == 100)
        #expect(rates.uploads.perSecond(at: 8) == 0.5)
    }

    @Test func anUploadThatStartsOverTakesNothingAway() {
        var rates = WatchRates()
        for (second, there) in [1000, 2000, 3000, 0, 1000, 2000].enumerated() {
            rates.note(Self.look(there: Int64(there), completed: 0), at: Double(second))
        }
        // Three seconds with an answer lie between the first answer and the last, and one without.
        #expect(rates.bytes.perSecond(at: 5) == 750)
    }

    @Test func uploadsThatWereFoundUnderWayNeedTwoAnswers() {
        func look(_ offset: Int64, _ id: Upload.ID) -> WatchLook {
            WatchLook(database: "", active: [WatchSample.upload(id) { $0.offset = offset }])
        }
        var rates = WatchRates()
        rates.note(look(100, 1), at: 0)
        rates.note(look(200, 1), at: 2)
        #expect(rates.rate(of: 1).perSecond(at: 2) == nil)
        rates.note(look(0, 2), at: 3)
        rates.note(look(100, 2), at: 5)
        #expect(rates.rate(of: 2).perSecond(at: 5) == 50)
    }
}
