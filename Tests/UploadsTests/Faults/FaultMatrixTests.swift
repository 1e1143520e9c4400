#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

@testable import Uploads

/// Each kind of request meets everything that can go wrong with it, once and for ever; what comes of it is what the
/// article FaultMatrix says.
@Suite(.timeLimit(.minutes(10))) struct FaultMatrixTests {
    /// Enough that a busy machine is not taken for a server that stalls.
    private static let patience = Duration.seconds(600)
    private static let impatience = Duration.seconds(10)

    /// Of the faults that have the same outcome one is tried, unless all is asked for.
    private static let isFull = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_SCALE"] == "full"

    @Test(arguments: FaultKind.allCases) func everyAnswerHasItsOutcome(_ kind: FaultKind) async throws {
        #expect(Set(try FaultTable(kind.rawValue).rows.keys) == kind.faults)
        try await check(kind, kind.faults.filter { !$0.isEndless }, stallTimeout: Self.patience, attempts: 5)
    }

    /// All kinds at the same time: each waits for the patience of its client to end.
    @Test func whatNeverEndsIsCut() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for kind in FaultKind.allCases {
                let faults = kind.faults.filter(\.isEndless)
                guard !faults.isEmpty else { continue }
                group.addTask { try await self.check(kind, faults, stallTimeout: Self.impatience, attempts: 3) }
            }
            try await group.waitForAll()
        }
    }

    private func check(_ kind: FaultKind, _ faults: Set<WireFault>, stallTimeout: Duration, attempts: Int) async throws
    {
        let article = try FaultTable(kind.rawValue)
        let met = Self.isFull ? faults : faults.filter { article.places[$0].map { $0 == 0 } ?? true }
        let expected = article.rows.filter { met.contains($0.key) }
        let found = FaultTable(rows: try await outcomes(kind, met, stallTimeout: stallTimeout, attempts: attempts))
        let cells = found.rows.values.reduce(0) { $0 + ($1.once == "–" ? 1 : 2) }
        if found.rows != expected { Issue.record("\(kind.rawValue) is:\n\(found.text)") }
        print("proof: fault-matrix cells: \(cells) (\(kind.rawValue))")
    }

    @Test func theArticleExplainsEveryName() throws {
        let explained = try FaultTable.cells("What goes wrong").flatMap { FaultTable.names($0[0]) }
        #expect(Set(explained).isSuperset(of: WireFault.Wire.allCases.map(\.rawValue)))
        #expect(explained.count == Set(explained).count)
    }

    /// Works one upload for each fault and each duration, all at the same time.
    private func outcomes(
        _ kind: FaultKind,
        _ faults: Set<WireFault>,
        stallTimeout: Duration,
        attempts: Int
    ) async throws -> [WireFault: FaultTable.Row] {
        guard !faults.isEmpty else { return [:] }
        return try await Scene.run { scene in
            let source = try scene.folder.write("source.jpg", bytes: kind.bytes)
            var cells: [FaultCell] = []
            for fault in faults {
                for isForEver in [false, true] where isForEver || fault != .wire(.garbageTLS) {
                    cells.append(try await FaultCell(kind, fault, isForEver: isForEver, in: scene, source: source))
                }
            }
            let run = FaultRun(scene, cells, stallTimeout: stallTimeout, attempts: attempts)
            try await run.work()
            if kind == .delete {
                for cell in cells { try await scene.queue.cancel(cell.upload) }
                try await run.work()
            }
            var rows: [WireFault: FaultTable.Row] = [:]
            for cell in cells {
                let ending = try await run.ending(of: cell)
                try await run.checkTruth(of: cell)
                let next = run.next(of: cell)
                if cell.isForEver {
                    rows[cell.fault, default: .init(next: next, once: "–", forEver: "")].forEver = ending
                } else {
                    rows[cell.fault, default: .init(next: next, once: "", forEver: "")].once = ending
                    rows[cell.fault]?.next = next
                }
            }
            try await run.repair()
            return rows
        }
    }
}
#endif
