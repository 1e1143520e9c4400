#if os(Linux)
import Foundation
import Testing

/// Takes the power away after each call by which the real commands change their disk.
///
/// The commands run once, recorded. From the record a disk is built as it would be at each moment, once for each way to
/// lose what was not synced; the queue is opened there and held against everything that had been promised by then.
/// The long proof takes every moment, the short one a third, else a few; `UPLOAD_QUEUE_SEED` repeats the choices of a run.
@Suite struct PowerLossTests {
    private static let recording = Task { try await Recording.make() }
    private static let isFull = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SCALE"] == "full"
    /// Of the moments between two promises, one in so many is taken.
    private static let stride = RandomKillTests.Scale.isLong ? 1 : isFull ? 3 : 60
    /// How many first losses have second ones after them, and of how many calls one is taken.
    private static let second =
        RandomKillTests.Scale.isLong
        ? (losses: 20, stride: 2) : isFull ? (losses: 10, stride: 4) : (losses: 4, stride: 8)
    private static let seed =
        ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0...UInt64(UInt32.max))

    @Test func whatWasPromisedIsThereWhenThePowerComesBack() async throws {
        let recording = try await Self.recording.value
        var random = SeededGenerator(state: Self.seed)
        let outcome = try await recording.outcome(stride: Self.stride, &random)
        // A shim that is not loaded would record nothing.
        #expect(outcome.disks > 50)
        #expect(outcome.broken.isEmpty, "seed \(Self.seed): \(outcome.broken.prefix(20))")
        print(
            "proof: power losses: \(outcome.moments) moments, \(outcome.disks) disks, "
                + "\(outcome.broken.count) broken promises"
        )
    }

    /// The queue is opened after a power loss, and the power goes again before it is whole.
    @Test func whatWasPromisedOutlivesASecondLoss() async throws {
        let recording = try await Self.recording.value
        var random = SeededGenerator(state: Self.seed)
        let outcome = try await recording.outcomeOfSecondLosses(
            after: Self.second.losses,
            stride: Self.second.stride,
            &random
        )
        // Each command syncs what it wrote.
        #expect(outcome.moments > Self.second.losses)
        #expect(outcome.broken.isEmpty, "seed \(Self.seed): \(outcome.broken.prefix(20))")
        print(
            "proof: second power losses: \(outcome.moments) moments, \(outcome.disks) disks, "
                + "\(outcome.broken.count) broken promises"
        )
    }

    /// A disk that lies, a weaker setting of SQLite, and a promise that comes too early lose something: the test sees it.
    @Test(arguments: Recording.Weakness.allCases)
    func aWeaknessIsFound(weakness: Recording.Weakness) async throws {
        let recording = try await Self.recording.value.weakened(by: weakness)
        var random = SeededGenerator(state: Self.seed)
        let outcome = try await recording.outcome(stride: nil, &random)
        #expect(!outcome.broken.isEmpty)
        print("proof: power losses with \(weakness): \(outcome.broken.count) broken promises are found")
    }
}
#endif
