import Foundation

extension Recording {
    /// Takes the power away after some calls, and a second time after calls of the command that opens the queue next.
    ///
    /// That one saves a destination; or it is a worker, which takes over from the dead one, settles what is left of it and
    /// empties the log. Every sync of it is taken, and of its other calls one in `stride`.
    func outcomeOfSecondLosses(
        after losses: Int,
        stride: Int,
        _ random: inout SeededGenerator
    ) async throws -> Outcome {
        let folder = try TemporaryFolder()
        let shim = try await PreloadedLibrary.build("record", linking: "dl", in: folder)
        var calls = 0
        try await walk { _, _, _, _ in calls += 1 }
        let chosen = Set((0..<losses).map { _ in Int.random(in: 0..<calls, using: &random) })
        return try await withThrowingTaskGroup(of: [String].self) { group in
            var outcome = Outcome()
            var call = 0
            try await walk { disk, promises, name, _ in
                defer { call += 1 }
                guard chosen.contains(call), let loss = SimulatedDisk.Loss.allCases.randomElement(using: &random) else {
                    return
                }
                let queue = try TemporaryFolder()
                try Self.restore(disk.image(after: loss, &random), to: queue)
                let next = Bool.random(using: &random) ? try await Self.worker(in: queue) : nil
                var second = try SimulatedDisk(folder: queue.path)
                let records: [DiskRecord]
                do {
                    records = try await Self.record(next ?? Self.saving, of: queue.path, in: folder, shim)
                } catch {
                    outcome.broken.append("after \(name): the next command fails: \(error)")
                    return
                }
                for (index, record) in records.enumerated() {
                    let isSync = if case .sync = record.change { true } else { false }
                    guard second.apply(record), isSync || Int.random(in: 0..<stride, using: &random) == 0 else {
                        continue
                    }
                    let name = "\(name), then call \(index + 1) of \((next ?? Self.saving)[0])"
                    let moment = Moment(images: second.images(&random), promises: promises, name: name)
                    outcome.moments += 1
                    outcome.disks += moment.images.count
                    if outcome.moments > 4 { outcome.broken += try await group.next() ?? [] }
                    group.addTask { try await broken(at: moment) }
                }
            }
            for try await broken in group { outcome.broken += broken }
            return outcome
        }
    }

    private static let saving = ["destination", "add", "later", "--tus", "http://127.0.0.1:9/"]

    /// A worker that has no upload to work on; nil where the loss left no queue that could be paused.
    private static func worker(in queue: TemporaryFolder) async throws -> [String]? {
        let pause = ["sqlite3", "-batch", "queue.db", "UPDATE queue SET paused = 1"]
        return try await ChildProcess.run(pause, in: queue).status == 0 ? ["run", "--drain"] : nil
    }
}
