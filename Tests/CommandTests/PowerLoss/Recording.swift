import DevelopmentServer
import Foundation
import SystemPackage
import Testing

/// The commands of a queue's whole life, and all that each of them did to its disk.
struct Recording {
    /// Something that the queue does not do, and that a test has to notice.
    enum Weakness: CaseIterable {
        case syncsAreIgnored
        /// SQLite's `synchronous = NORMAL`: the log is synced before a checkpoint only.
        case logIsSyncedLate
        case promisesComeEarly
    }

    /// What was found at the moments that were looked at.
    struct Outcome {
        var moments = 0
        var disks = 0
        /// A line for each broken promise, with the call after which the power went.
        var broken: [String] = []
    }

    /// The disks that can be there, and what was promised, after one of the calls.
    struct Moment {
        var images: Set<[String: Data?]>
        var promises: Promises
        var name: String
    }

    struct Step {
        var command: String
        var records: [DiskRecord]
    }

    let folder: String
    private let start: SimulatedDisk
    private(set) var steps: [Step] = []
    /// What every upload's source holds.
    private let sources: [String: Data]

    /// Runs the commands: six uploads of all kinds are added, worked, and copied with their database.
    static func make() async throws -> Recording {
        let folder = try TemporaryFolder()
        let queue = folder["queue"]
        try FileManager.default.createDirectory(atPath: queue, withIntermediateDirectories: false)
        let shim = try await PreloadedLibrary.build("record", linking: "dl", in: folder)
        let names = ["plain.bin", "copied.bin", "photo.jpg", "deleted.bin", "empty.bin"]
        let sizes = [300_000, 50_000, 30_000, 40_000, 0]
        var sources: [String: Data] = [:]
        for (index, (name, size)) in zip(names, sizes).enumerated() {
            let path = try folder.write("queue/\(name)", bytes: size, seed: UInt64(index + 1))
            sources["\(index + 1)"] = try Data(contentsOf: URL(filePath: path))
        }
        let stream = String(repeating: "one line of a stream\n", count: 3_000)
        sources["\(names.count + 1)"] = Data(stream.utf8)
        var recording = Recording(folder: queue, start: try SimulatedDisk(folder: queue), sources: sources)
        try await withDevelopmentServer(.init(directory: folder["server"])) { server in
            let archive = ["destination", "add", "archive", "--tus", server.endpoint]
            let media = ["destination", "add", "media", "--wix", "--site-id", "S", "--api-key", "env:WIX_API_KEY"]
            for arguments in [
                archive, media + ["--api", server.origin],
                ["add", "queue/plain.bin", "--to", "archive"],
                ["add", "queue/copied.bin", "--to", "archive", "--copy"],
                ["add", "queue/photo.jpg", "--to", "media"],
                ["add", "queue/deleted.bin", "--to", "archive", "--delete-after"],
                ["add", "queue/empty.bin", "--to", "archive"],
                ["add", "-", "--filename", "stream.txt", "--to", "archive"],
                ["run", "--drain"],
                ["backup", "queue/copy.db"],
            ] {
                let input = arguments.contains("-") ? stream : nil
                let records = try await record(arguments, of: queue, input: input, in: folder, shim)
                recording.steps.append(Step(command: arguments[0], records: records))
            }
        }
        return recording
    }

    private init(folder: String, start: SimulatedDisk, sources: [String: Data]) {
        self.folder = folder
        self.start = start
        self.sources = sources
    }

    /// Runs a command of the queue in a folder, and gives what it did to its disk.
    static func record(
        _ arguments: [String],
        of queue: String,
        input: String? = nil,
        in folder: TemporaryFolder,
        _ shim: String
    ) async throws -> [DiskRecord] {
        let file = folder["\(UUID().uuidString).record"]
        let ending = try await Command.run(
            arguments,
            in: folder,
            environment: [
                "LD_PRELOAD": shim, "UPLOAD_QUEUE_RECORD": file, "UPLOAD_QUEUE_RECORD_FOLDER": queue,
                "UPLOAD_QUEUE_DATABASE": "\(queue)/queue.db", "WIX_API_KEY": "IST.hunter2",
            ],
            input: input
        )
        // 2: a worker of a paused queue.
        try #require(ending.status == 0 || ending.status == 2, "\(arguments): \(ending.errors)")
        return try DiskRecord.all(at: file)
    }

    /// The same, with a weakness.
    func weakened(by weakness: Weakness) -> Recording {
        var recording = self
        // Numbers of files last from one command to the next.
        var names: [UInt64: String] = [:]
        for index in steps.indices {
            for record in steps[index].records {
                if case .create(let path) = record.change { names[record.file] = path }
            }
            recording.steps[index].records.weaken(by: weakness, names)
        }
        return recording
    }

    /// Takes the power away after calls, in every way to lose what was not synced, and opens the queue on what is left.
    ///
    /// Of the calls between two promises, one in `stride` is taken; nil: none.
    func outcome(stride: Int?, _ random: inout SeededGenerator) async throws -> Outcome {
        try await withThrowingTaskGroup(of: [String].self) { group in
            var outcome = Outcome()
            try await walk { disk, promises, name, isPromise in
                guard isPromise || stride.map({ Int.random(in: 0..<$0, using: &random) == 0 }) == true else { return }
                let moment = Moment(images: disk.images(&random), promises: promises, name: name)
                outcome.moments += 1
                outcome.disks += moment.images.count
                if outcome.moments > 4 { outcome.broken += try await group.next() ?? [] }
                group.addTask { try await broken(at: moment) }
            }
            for try await broken in group { outcome.broken += broken }
            return outcome
        }
    }

    /// Visits the disk after each call that changed it or promised something, with what was promised by then.
    func walk(_ visit: (SimulatedDisk, Promises, _ name: String, _ isPromise: Bool) async throws -> Void) async throws {
        var disk = start
        var promises = Promises()
        for (number, step) in steps.enumerated() {
            for (index, record) in step.records.enumerated() {
                promises.hear(record.change, from: step.command)
                let isChanged = disk.apply(record)
                let isPromise = record.change.isPromise
                guard isChanged || isPromise else { continue }
                try await visit(disk, promises, "\(step.command) (\(number + 1)), call \(index + 1)", isPromise)
            }
        }
    }

    func broken(at moment: Moment) async throws -> [String] {
        var broken: [String] = []
        for image in moment.images {
            let folder = try TemporaryFolder()
            try Self.restore(image, to: folder)
            let found = try await moment.promises.broken(in: folder, original: self.folder, sources: sources)
            broken += found.map { "after \(moment.name): \($0)" }
        }
        return broken
    }

    static func restore(_ image: [String: Data?], to folder: TemporaryFolder) throws {
        for (path, bytes) in image.sorted(by: { $0.key < $1.key }) { try restore(bytes, to: folder.path + path) }
    }

    private static func restore(_ bytes: Data?, to path: String) throws {
        guard let bytes else {
            return try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        }
        let file = try FileDescriptor.open(
            path,
            .writeOnly,
            options: [.create, .exclusiveCreate],
            permissions: [.ownerReadWrite]
        )
        try file.closeAfter { _ = try file.writeAll(bytes) }
    }
}

extension [DiskRecord] {
    fileprivate mutating func weaken(by weakness: Recording.Weakness, _ names: [UInt64: String]) {
        switch weakness {
        case .syncsAreIgnored:
            removeAll { record in
                switch record.change {
                case .sync, .syncFolder: true
                default: false
                }
            }
        case .logIsSyncedLate:
            // A checkpoint is what writes to the database itself next.
            self = indices.filter { index in
                guard case .sync = self[index].change, names[self[index].file]?.hasSuffix("-wal") == true else {
                    return true
                }
                let next = self[index...].first { if case .write = $0.change { true } else { false } }
                return next.map { names[$0.file] == "/queue.db" } ?? false
            }.map { self[$0] }
        case .promisesComeEarly:
            for index in indices {
                guard case .output = self[index].change else { continue }
                let last = self[..<index].lastIndex { if case .sync = $0.change { true } else { false } }
                guard let last else { continue }
                insert(remove(at: index), at: last)
            }
        }
    }
}
