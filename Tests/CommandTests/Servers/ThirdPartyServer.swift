import Foundation
import Testing

/// A tus server that others wrote, as a process of its own.
///
/// `.ci/tus-servers FOLDER` installs them; `UPLOAD_QUEUE_TUS_SERVERS` names that folder.
final class ThirdPartyServer: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case resumableUpload = "resumable-upload"
        case tuspyserver
    }

    /// Where they are installed; nil where nobody said so.
    static let installation = ProcessInfo.processInfo.environment["UPLOAD_QUEUE_TUS_SERVERS"]

    /// In CI their absence is a failure; elsewhere their tests are left out, which the test run says.
    static let areWanted = installation != nil || ProcessInfo.processInfo.environment["CI"] == "true"

    let endpoint: String
    private let process: ChildProcess
    private let folder: String

    /// Starts a server that stores in a subfolder, and waits until it listens.
    init(_ kind: Kind, in folder: TemporaryFolder) async throws {
        let installation = try #require(
            Self.installation,
            "no third-party servers: run .ci/tus-servers FOLDER, and set UPLOAD_QUEUE_TUS_SERVERS to the folder"
        )
        self.folder = folder[kind.rawValue]
        let program = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "serve.py").path()
        let port = folder["\(kind.rawValue).port"]
        try #require(mkfifo(port, 0o600) == 0)
        // Before the process, whose start waits for a reader of its output.
        let lines = Self.firstLine(of: port)
        process = try ChildProcess(
            ["\(installation)/bin/python", program, kind.rawValue, self.folder],
            environment: ProcessInfo.processInfo.environment,
            folder: folder.path,
            files: ("/dev/null", port, folder["\(kind.rawValue).log"])
        )
        guard let number = await lines.first(where: { _ in true }).flatMap({ Int($0) }) else {
            let log = try? String(contentsOfFile: folder["\(kind.rawValue).log"], encoding: .utf8)
            throw CannotStart(server: kind.rawValue, log: log ?? "")
        }
        endpoint = "http://127.0.0.1:\(number)/files" + (kind == .tuspyserver ? "/" : "")
    }

    struct CannotStart: Error {
        var server: String
        var log: String
    }

    deinit { process.signal(SIGKILL) }

    /// The file in which the server stores an upload.
    func file(ofUpload url: String) -> String { "\(folder)/\(url.split(separator: "/").last ?? "")" }

    /// The stored uploads that hold bytes; what else the servers keep has a dot in its name.
    func uploadsWithBytes() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { name in
            let size = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.size] as? Int ?? 0
            return !name.contains(".") && size > 0
        }
    }

    /// The first line that is written to a named pipe; a thread of its own waits for it.
    private static func firstLine(of path: String) -> AsyncStream<String> {
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        Thread.detachNewThread {
            let handle = FileHandle(forReadingAtPath: path)
            var line = Data()
            while let byte = try? handle?.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) {
                line.append(byte)
            }
            continuation.yield(String(decoding: line, as: UTF8.self))
            continuation.finish()
        }
        return lines
    }
}
