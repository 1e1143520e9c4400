#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// Lets each call fail that makes, writes, syncs or cuts a file of the queue: once, or from then on.
///
/// `UPLOAD_QUEUE_SCALE=full`, as the long proof sets it: every call. Without it a few of them.
@Suite(.timeLimit(.minutes(60))) struct DiskFaultTests {
    /// What the command does when the disk fails.
    enum Work: String, CaseIterable, Sendable, CustomTestStringConvertible {
        /// An add that makes the queue.
        case first = "an add to a new queue"
        case add = "an add"
        case copy = "an add with a copy"
        case run = "a run"

        var testDescription: String { rawValue }

        /// About how many calls are left out between two.
        var stride: Int {
            switch self {
            case .first: 179
            case .add: 29
            case .copy: 33
            case .run: 79
            }
        }
    }

    private static let isFull = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SCALE"] == "full"

    @Test(arguments: Work.allCases) func nothingIsLostWhereTheDiskFails(_ work: Work) async throws {
        let folder = try TemporaryFolder()
        let library = try await KillShim.build(in: folder)
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            let rehearsal = DiskRehearsal(work: work, folder: folder, library: library, server: server)
            try await rehearsal.makeTemplate()
            let uploads = try await withThrowingTaskGroup(of: [DiskRehearsal.Outcome].self) { group in
                for trouble in DiskTrouble.allCases {
                    group.addTask { try await Self.outcomes(of: trouble, rehearsal) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try rehearsal.checkServer(uploads)
            let faults = uploads.count(where: \.failed)
            #expect(faults >= DiskTrouble.allCases.count)
            print("proof: disk faults of \(work.rawValue): \(faults)")
        }
    }

    /// At the full scale until the command makes no more calls that could fail.
    private static func outcomes(
        of trouble: DiskTrouble,
        _ rehearsal: DiskRehearsal
    ) async throws -> [DiskRehearsal.Outcome] {
        let stride = isFull ? 1 : rehearsal.work.stride
        // Other calls for each kind of trouble.
        let index = DiskTrouble.allCases.firstIndex(of: trouble) ?? 0
        // Where the disk stays full, a worker mostly waits.
        let width = isFull ? (trouble == .fullForEver ? 6 : 1) : 2
        var call = isFull ? 1 : 1 + index * stride / DiskTrouble.allCases.count
        var outcomes: [DiskRehearsal.Outcome] = []
        while true {
            let calls = (0..<width).map { call + $0 * stride }
            call += width * stride
            outcomes += try await rehearsal.outcomes(of: trouble, at: calls)
            guard isFull, outcomes.suffix(width).allSatisfy(\.failed) else { return outcomes }
        }
    }

    /// Nobody tells it to stop: after two minutes it gives up by itself.
    @Test(.enabled(if: isFull, "takes two minutes: UPLOAD_QUEUE_SCALE=full"))
    func aWorkerGivesUpWhereTheDiskStaysFull() async throws {
        let folder = try TemporaryFolder()
        let library = try await KillShim.build(in: folder)
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            let rehearsal = DiskRehearsal(work: .run, folder: folder, library: library, server: server)
            try await rehearsal.makeTemplate()
            let outcomes = try await rehearsal.outcomes(of: .fullForEver, at: [31, 61, 91, 121], stops: false)
            let haveAllFailed = outcomes.allSatisfy(\.failed)
            #expect(haveAllFailed)
            try rehearsal.checkServer(outcomes)
        }
    }
}
#endif
