import Testing
import UploadStore

@testable import Uploads

@Suite struct BandwidthTests {
    private static func bandwidth(
        queue: Int64? = nil,
        archive: Int64? = nil,
        inHand: [Int64: [String: Int]] = [1: ["archive": 1]]
    ) -> Bandwidth {
        let bandwidth = Bandwidth()
        bandwidth.update(limits(queue: queue, archive: archive, inHand: inHand), worker: 1)
        return bandwidth
    }

    private static func limits(queue: Int64?, archive: Int64?, inHand: [Int64: [String: Int]]) -> LimitsInForce {
        LimitsInForce(
            queue: Limits(bytesPerSecond: queue),
            destinations: archive.map { ["archive": Limits(bytesPerSecond: $0)] } ?? [:],
            inHand: inHand
        )
    }

    @Test func withoutABoundNothingWaits() {
        let bandwidth = Self.bandwidth()
        #expect(bandwidth.piece(for: "archive") == Bandwidth.largestPiece)
        for _ in 0..<10 { #expect(bandwidth.wait(for: 1 << 30, to: "archive", at: 5) == 0) }
    }

    @Test func aBoundIsKept() {
        let bandwidth = Self.bandwidth(queue: 1000)
        #expect(bandwidth.wait(for: 500, to: "archive", at: 10) == 0)
        #expect(bandwidth.wait(for: 500, to: "archive", at: 10) == 0.5)
        #expect(bandwidth.wait(for: 500, to: "other", at: 10.25) == 0.75)
        #expect(bandwidth.wait(for: 500, to: "archive", at: 100) == 0, "time that passed unused is not saved up")
        #expect(bandwidth.wait(for: 500, to: "archive", at: 100) == 0.5)
    }

    @Test func theNarrowerBoundHolds() {
        let bandwidth = Self.bandwidth(queue: 1000, archive: 100)
        _ = bandwidth.wait(for: 100, to: "archive", at: 0)
        #expect(bandwidth.wait(for: 100, to: "archive", at: 0) == 1)
        #expect(bandwidth.wait(for: 100, to: "other", at: 0) == 0.2, "only the queue's bound")
    }

    @Test func workersShareABoundAsTheyShareTheWork() {
        let bandwidth = Self.bandwidth(queue: 4000, inHand: [1: ["archive": 1], 2: ["archive": 2, "other": 1]])
        _ = bandwidth.wait(for: 1000, to: "archive", at: 0)
        #expect(bandwidth.wait(for: 1000, to: "archive", at: 0) == 1)
    }

    /// A wait must stay far below the time after which a stalled request is cut.
    @Test(arguments: [1, 8, 64, 1000]) func noPieceWaitsLong(uploads: Int) {
        let bandwidth = Self.bandwidth(queue: 1024, inHand: [1: ["archive": uploads]])
        let piece = bandwidth.piece(for: "archive")
        #expect(piece >= 1)
        var longest = 0.0
        for _ in 0..<uploads { longest = max(longest, bandwidth.wait(for: piece, to: "archive", at: 0)) }
        #expect(longest < 2)
    }

    @Test func anotherBoundHoldsAtOnce() {
        let bandwidth = Self.bandwidth(queue: 1024)
        _ = bandwidth.wait(for: 2048, to: "archive", at: 0)
        bandwidth.update(Self.limits(queue: nil, archive: nil, inHand: [:]), worker: 1)
        #expect(bandwidth.wait(for: 2048, to: "archive", at: 0) == 0)
        #expect(bandwidth.piece(for: "archive") == Bandwidth.largestPiece)
    }
}
