import ArgumentParser
import Foundation
import UnixSignals
import Uploads

/// `upload-queue demo`: shows on this machine that uploads survive a `kill -9`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Upload files to a server on this machine, kill the worker on the way, and check everything.",
        discussion: """
            It runs in a temporary directory, which it removes, and touches nothing else. Without FILE it uploads a \
            generated file of 256 MiB and this project's own sources. It exits 1 when any check fails.
            """
    )

    @Argument(help: "The files to upload; the largest one is interrupted.", completion: .file())
    var file: [String] = []

    @Flag(help: "Keep the temporary directory, with the queue and the server's files.")
    var keep = false

    func run() async throws {
        for path in file { try UploadSource.file(path).check() }
        let folder = try Self.makeFolder()
        defer { if !keep { try? FileManager.default.removeItem(at: folder) } }
        let demo = Demo(folder: folder, files: file.map { URL(filePath: $0) })
        let passed = try await Self.untilInterrupted { try await demo.run() }
        if keep { try Output.line("Kept: \(folder.path)") }
        guard passed else { throw ExitCode(1) }
    }

    private static func makeFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "upload-queue-demo-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw CommandError(.inputOutput, "cannot create \(folder.path): \(error.localizedDescription)")
        }
        return folder
    }

    /// Cancels the body at SIGINT and SIGTERM, so that it can clean up.
    private static func untilInterrupted(_ body: @escaping @Sendable () async throws -> Bool) async throws -> Bool {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in signals { throw CommandError(.failed, "the demo was interrupted") }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }
}
