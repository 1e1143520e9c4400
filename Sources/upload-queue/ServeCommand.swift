import ArgumentParser
import DevelopmentServer
import Logging
import ServiceLifecycle
import SystemPackage
import UnixSignals

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `upload-queue serve`: the development server in the foreground.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a tus server on this machine that stands in for Wix and other hosts, to try things out.",
        discussion: """
            It listens on 127.0.0.1 only. Uploads, minted tokens and the request log (requests.jsonl) are kept in its \
            directory and survive a kill -9. It writes a line for every request; SIGINT or SIGTERM ends it.

            tus and Wix ask for no credentials; `serve --wix` writes the commands to rehearse an upload to Wix with. The \
            hosts of the presets are below /bunny, /cloudflare, /supabase, /transloadit and /vimeo, and their secret is \
            `rehearsal`; see their pages of the documentation.
            """
    )

    @Option(help: "The port to listen on; 0 for any free one.")
    var port = 1080

    @Option(help: "The folder of uploads, minted tokens and the request log; created when missing.")
    var directory = "upload-queue-server"

    @Option(
        help: ArgumentHelp(
            "A fault to make, in the form WHICH:EFFECT[:OPTION...]; repeatable.",
            discussion: Fault.textForm
        ),
        transform: { try Fault(parsing: $0) }
    )
    var fault: [Fault] = []

    @Option(help: "Bytes of one upload at most (Tus-Max-Size); no bound without it.")
    var maxSize: Int64?

    @Flag(help: "Write the commands that rehearse an upload to Wix here, too; it stands in for Wix in any case.")
    var wix = false

    @Flag(help: "Write the URLs and the requests as JSON lines.")
    var json = false

    /// Refuses numbers that cannot be meant.
    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be from 0 to 65535.") }
        guard maxSize.map({ $0 > 0 }) ?? true else { throw ValidationError("--max-size must be over 0.") }
    }

    /// Serves until SIGINT or SIGTERM.
    func run() async throws {
        var configuration = DevelopmentServer.Configuration(directory: directory)
        configuration.port = port
        configuration.faults = fault
        configuration.maximumSize = maxSize
        var logger = Logger(label: "upload-queue.serve") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning

        let (wix, json) = (wix, json)
        let server = DevelopmentServer(configuration: configuration, logger: logger) { record in
            Self.write(json ? Self.line(of: record) : record.summary)
        }
        let group = ServiceGroup(services: [server], gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                let port = try await server.waitUntilListening()
                Self.announce("http://\(server.configuration.host):\(port)", wix: wix, json: json)
            }
            tasks.addTask { try await group.run() }
            try await tasks.waitForAll()
        }
    }

    private struct Announcement: Encodable {
        let tus: String
        let mint: String
        let rehearsal: [String]?
    }

    private static func announce(_ origin: String, wix: Bool, json: Bool) {
        let urls = Announcement(
            tus: "\(origin)/files/",
            mint: "\(origin)/site-media/v1/files/generate-resumable-upload-url",
            rehearsal: wix ? rehearsal(origin) : nil
        )
        guard !json else { return write(line(of: urls)) }
        let commands = urls.rehearsal.map { "\n\nIn another shell:\n\n  \($0.joined(separator: "\n  "))\n" } ?? ""
        write("tus       \(urls.tus)\nWix mint  \(urls.mint)\(commands)")
    }

    /// What uploads a file to the stand-in for Wix, which takes any site and any key.
    private static func rehearsal(_ origin: String) -> [String] {
        [
            "upload-queue destination add rehearsal --wix --site-id any --api-key env:WIX_API_KEY --api \(origin)",
            "upload-queue add FILE --to rehearsal",
            "WIX_API_KEY=any upload-queue run --drain",
        ]
    }

    private static func line(of value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    /// One write a line, so that a reader of the pipe sees it at once and whole.
    private static func write(_ text: String) {
        // A reader that went away is no reason to stop serving.
        _ = try? FileDescriptor.standardOutput.writeAll("\(text)\n".utf8)
    }
}

extension RequestRecord {
    /// One line for people.
    fileprivate var summary: String {
        var parts = ["\(sequence)", method, path, status.map(String.init) ?? "connection cut"]
        if let offsetBefore, let offsetAfter {
            let moved = offsetBefore == offsetAfter ? "" : "\(offsetBefore) to "
            parts.append("offset \(moved)\(offsetAfter)")
        }
        if finalized { parts.append("finalized") }
        if let fault { parts.append("fault \(fault)") }
        return parts.joined(separator: "  ")
    }
}
