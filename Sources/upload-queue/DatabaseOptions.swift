import ArgumentParser
import Foundation
import Uploads

/// Which queue.
struct DatabaseOptions: ParsableArguments {
    /// What is done when a file that was named does not exist.
    enum Missing {
        case create
        case refuse
    }

    @Option(
        name: .customLong("database"),
        help: ArgumentHelp(
            "The queue's file.",
            discussion: """
                Without it: the environment variable UPLOAD_QUEUE_DATABASE, else upload-queue/queue.db in \
                $XDG_STATE_HOME (~/.local/state), which is created when missing.
                """,
            valueName: "file"
        ),
        completion: .file()
    )
    var file: String?

    /// Opens the queue.
    ///
    /// - Parameter missing: What is done when a file that was named does not exist. The default file is always created.
    /// - Returns: The queue.
    /// - Throws: ``CommandError``, or what the library refuses.
    func open(_ missing: Missing = .refuse) async throws -> UploadQueue {
        guard let named else {
            let standard = try Self.standardFile()
            try Self.makeFolder(of: standard)
            return try await UploadQueue.open(standard)
        }
        if case .refuse = missing, !FileManager.default.fileExists(atPath: named) {
            throw Self.noQueue(named)
        }
        return try await UploadQueue.open(named)
    }

    /// Opens the queue where its file exists, and makes nothing where it does not.
    func openExisting() async throws -> UploadQueue? {
        let file = try path
        return FileManager.default.fileExists(atPath: file) ? try await UploadQueue.open(file) : nil
    }

    /// The queue's file, also the default one, which has to exist.
    func existingFile() throws -> String {
        let file = try named ?? Self.standardFile()
        guard FileManager.default.fileExists(atPath: file) else { throw Self.noQueue(file) }
        return file
    }

    private static func noQueue(_ file: String) -> CommandError {
        CommandError(.noInput, "there is no queue at \(file); `destination add`, `add` and `run` make one")
    }

    /// The queue's file, whether it exists or not.
    var path: String { get throws { try named ?? Self.standardFile() } }

    /// The file that the command line names, else the one that the environment names.
    private var named: String? {
        file ?? ProcessInfo.processInfo.environment["UPLOAD_QUEUE_DATABASE"].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func standardFile() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        // A relative path is invalid there (XDG Base Directory Specification).
        let state = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? URL(filePath: $0) : nil }
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? URL(filePath: $0) : nil }
        guard let base = state ?? home?.appending(path: ".local/state") else {
            throw CommandError(.configuration, "HOME is not set; name the queue's file with --database")
        }
        return base.appending(path: "upload-queue/queue.db").path
    }

    private static func makeFolder(of file: String) throws {
        let folder = URL(filePath: file).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw CommandError(
                .cannotCreate,
                "cannot create the folder \(folder.path): \(error.localizedDescription)"
            )
        }
    }
}
