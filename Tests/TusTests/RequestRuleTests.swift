import Testing
import Tus

@Suite struct RequestRuleTests {
    private static let kibibyte: Int64 = 1_024
    private static let mebibyte: Int64 = 1_024 * 1_024

    /// The sizes of the requests for a file of a length.
    private func sizes(_ rule: RequestRule, length: Int64) -> [Int64] {
        var sizes: [Int64] = []
        var offset: Int64 = 0
        while offset < length, sizes.count < 10_000 {
            let range = rule.range(from: offset, length: length)
            #expect(range.lowerBound == offset && !range.isEmpty && range.upperBound <= length)
            sizes.append(range.upperBound - offset)
            offset = range.upperBound
        }
        return sizes
    }

    @Test func smallFileIsOneRequest() {
        #expect(sizes(RequestRule(), length: 1) == [1])
        #expect(sizes(RequestRule(), length: 8 * Self.mebibyte) == [8 * Self.mebibyte])
    }

    @Test func largeFileEndsInASmallRequest() {
        let mebibyte = Self.mebibyte
        #expect(sizes(RequestRule(), length: 9 * mebibyte) == [8 * mebibyte, mebibyte])
        #expect(sizes(RequestRule(), length: 8 * mebibyte + 1) == [7 * mebibyte, mebibyte + 1])
        #expect(sizes(RequestRule(), length: 64 * mebibyte) == [63 * mebibyte, mebibyte])
        #expect(sizes(RequestRule(), length: 200 * mebibyte + 5).suffix(2) == [7 * mebibyte, mebibyte + 5])
        for length in stride(from: 8 * mebibyte + 1, to: 200 * mebibyte, by: 7_654_321) {
            let sizes = sizes(RequestRule(), length: length)
            #expect(sizes.allSatisfy { $0 <= 64 * mebibyte })
            #expect(sizes.dropLast().allSatisfy { $0 % RequestRule.alignment == 0 }, "\(length)")
            #expect(sizes.count == 1 || (sizes.last ?? 0) <= 8 * mebibyte)
        }
    }

    @Test func lastRequestIsSmallOnceRequestsReachTheMaximum() {
        let rule = RequestRule(maximum: 8 * Self.mebibyte)
        for length in stride(from: 8 * Self.mebibyte + 1, to: 40 * Self.mebibyte, by: 777_777) {
            let sizes = sizes(rule, length: length)
            #expect(sizes.allSatisfy { $0 <= 8 * Self.mebibyte })
        }
        #expect(sizes(rule, length: 17 * Self.mebibyte) == [8, 8, 1].map { $0 * Self.mebibyte })
    }

    @Test func exactSizeIsObeyed() {
        #expect(sizes(RequestRule(exact: 40), length: 100) == [40, 40, 20])
        #expect(sizes(RequestRule(maximum: 10, exact: 40), length: 40) == [40])
    }

    @Test func smallNumbersWork() {
        #expect(sizes(RequestRule(maximum: 10, tail: 1), length: 25) == [10, 10, 5])
        #expect(sizes(RequestRule(maximum: 100, tail: 5), length: 95) == [90, 5])
        #expect(sizes(RequestRule(maximum: 10, tail: 0), length: 25) == [10, 10, 5])
        #expect(sizes(RequestRule(maximum: 1, tail: 1), length: 3) == [1, 1, 1])
        #expect(sizes(RequestRule(maximum: 0, tail: -1, exact: 0), length: 2) == [1, 1])
        #expect(RequestRule(maximum: .max, tail: .max).range(from: 0, length: .max).upperBound > 0)
    }

    @Test func smallerHalvesAndAligns() throws {
        let rule = RequestRule()
        let half = try #require(rule.smaller(than: 64 * Self.mebibyte))
        #expect(half.maximum == 32 * Self.mebibyte)
        #expect(sizes(half, length: 100 * Self.mebibyte).allSatisfy { $0 <= 32 * Self.mebibyte })
        #expect(rule.smaller(than: 3 * Self.mebibyte + 7)?.maximum == 1_536 * Self.kibibyte)
        #expect(rule.smaller(than: 300 * Self.kibibyte)?.maximum == 256 * Self.kibibyte)
        #expect(rule.smaller(than: 256 * Self.kibibyte) == nil)
        #expect(rule.smaller(than: 1) == nil)
        #expect(RequestRule(exact: 1_000_000).smaller(than: 1_000_000)?.exact == 256 * Self.kibibyte)
    }

    @Test func smallerRuleKeepsEveryRequestWithinIt() throws {
        let rule = try #require(RequestRule().smaller(than: 600 * Self.kibibyte))
        for length in stride(from: Self.kibibyte, to: 5 * Self.mebibyte, by: 54_321) {
            #expect(sizes(rule, length: length).allSatisfy { $0 <= 256 * Self.kibibyte })
        }
    }
}
