import ArgumentParser
import Synchronization
import UnixSignals
import Uploads

/// `upload-queue backup`.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the queue into a file, also while workers run.",
        discussion: """
            The copy is a queue as it was at one moment, and can be read by its owner only. It is made under another name \
            and gets its own when it is whole and on disk. Grants are left out: an upload that had one gets another \
            where its destination gives them; elsewhere, or where its file may have arrived already, it is failed as \
            grant_not_copied.

            Do not let workers work on the queue and on its copy: each would upload the same files.
            """
    )

    /// Units of a copy in the bar.
    private static let units: Int64 = 10_000

    @Argument(help: "The file to make.", completion: .file())
    var file: String

    @Flag(help: "Replace a file of that name, once the copy is whole.")
    var force = false

    @Flag(help: "Draw no bar on a terminal.")
    var noProgress = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let queue = try await UploadQueue.open(database.existingFile())
        let done = Progress()
        let work = LongWork(isWanted: !noProgress && !output.json, color: output.color.color)
        let backup = try await work.show { _, display in
            Bar(done: Int64(done.part * Double(Self.units)), of: Self.units)
                .line(title: "copy", parts: [], name: file.visible, on: display)
        } while: {
            try await Self.untilSignal { try await queue.backUp(to: file, replacing: force) { done.part = $0 } }
        }
        if output.json {
            try Output.json(Record(backup))
            return
        }
        try Output.line("\(backup.path.visible)  \(backup.uploads.counted("upload"))  \(ByteCount(backup.bytes))")
        if backup.grantsLeftOut > 0 {
            Output.note("the grants of \(backup.grantsLeftOut) of them were left out (grant_not_copied)")
        }
    }

    /// Ends the work at SIGINT or SIGTERM, so that nothing of a copy is left that is not whole.
    private static func untilSignal<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask {
                for await _ in signals { break }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }

    /// How far the copy is.
    private final class Progress: Sendable {
        private let state = Mutex(0.0)

        var part: Double {
            get { state.withLock(\.self) }
            set { state.withLock { $0 = newValue } }
        }
    }

    private struct Record: Encodable {
        let path: String
        let bytes: Int64
        let uploads: Int
        let grantsLeftOut: Int

        init(_ backup: UploadQueue.Backup) {
            path = backup.path
            bytes = backup.bytes
            uploads = backup.uploads
            grantsLeftOut = backup.grantsLeftOut
        }
    }
}
