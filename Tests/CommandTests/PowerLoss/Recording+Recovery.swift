import Foundation

extension Recording {
    /// Takes the power away after some calls, and a second time after calls of the command that opens the queue next.
    ///
    /// That one recovers what the first loss left, saves a destination, and writes the log back to the database. Of its
    /// calls one in `stride` is taken.
    func outcomeOfSecondLosses(
        after losses: Int,
        stride: Int,
        _ random: inout SeededGenerator
    ) async throws -> Outcome {
        let folder = try TemporaryFolder()
        let shim = try await PreloadedLibrary.build("record", linking: "dl", in: folder)
        let calls = steps.map(\.records.count).reduce(0, +)
        let chosen = Set((0..<losses).map { _ in Int.random(in: 0..<calls, using: &random) })
        var outcome = Outcome()
        var call = 0
        try await walk { disk, promises, name, _ in
            defer { call += 1 }
            guard chosen.contains(call), let loss = SimulatedDisk.Loss.allCases.randomElement(using: &random) else {
                return
            }
            let queue = try TemporaryFolder()
            try Self.restore(disk.image(after: loss, &random), to: queue)
            var second = try SimulatedDisk(folder: queue.path)
            let opening = ["destination", "add", "later", "--tus", "http://127.0.0.1:9/"]
            for (index, record) in try await Self.record(opening, of: queue.path, in: folder, shim).enumerated() {
                guard second.apply(record), Int.random(in: 0..<stride, using: &random) == 0 else { continue }
                let name = "\(name), then call \(index + 1) of the next command"
                let moment = Moment(images: second.images(&random), promises: promises, name: name)
                outcome.moments += 1
                outcome.disks += moment.images.count
                outcome.broken += try await broken(at: moment)
            }
        }
        return outcome
    }
}
