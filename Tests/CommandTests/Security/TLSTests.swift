#if os(Linux)
import DevelopmentServer
import Foundation
import Testing

/// The server's certificate is checked, and nothing is said to a server that has the wrong one.
@Suite(.serialized, .timeLimit(.minutes(10))) struct TLSTests {
    private static let secret = "Bearer 0123456789abcdef"

    /// Adds a file for the server and works the queue; gives the first code of the history, and the last message.
    private static func upload(
        to host: String,
        of server: TLSServer,
        trusting isTrusted: Bool
    ) async throws -> (code: String, message: String) {
        let commands = try QueueCommands()
        try commands.write("a")
        try TLSServer.pem.write(toFile: commands.folder["ca.pem"], atomically: false, encoding: .utf8)
        let endpoint = "https://\(host):\(server.port)/files/"
        try await commands.output("destination", "add", "s", "--tus", endpoint, "--header", "Authorization: env:KEY")
        try await commands.output("add", "a", "--to", "s", "--max-attempts", "2")
        let run = "KEY='\(secret)' upload-queue run --drain"
        let ending =
            isTrusted ? try await commands.shell(trusting: "ca.pem", run) : try await commands.shell(run)
        #expect(ending.status == 1, "\(ending.output)")
        let upload = try await commands.object("show", "1", "--json")
        #expect(!ending.output.contains("0123456789"))
        return try story(upload)
    }

    private static func story(_ upload: [String: Any]) throws -> (code: String, message: String) {
        let history = try #require(upload["history"] as? [[String: Any]])
        let codes = history.compactMap { $0["error_code"] as? String }
        return (try #require(codes.first), try #require(upload["last_error"] as? String))
    }

    @Test func aCertificateThatNobodyTrustsIsRefused() async throws {
        try await TLSServer.run { server in
            let ending = try await Self.upload(to: "localhost", of: server, trusting: false)
            #expect(ending.code == "tls_failed")
            #expect(ending.message.contains("certificate is not trusted"), "\(ending.message)")
            #expect(server.received == "", "not even the request's first line")
        }
    }

    @Test func aCertificateForAnotherNameIsRefused() async throws {
        try await TLSServer.run { server in
            let ending = try await Self.upload(to: "127.0.0.1", of: server, trusting: true)
            #expect(ending.code == "tls_failed")
            #expect(ending.message.contains("is for another name"), "\(ending.message)")
            #expect(server.received == "")
        }
    }

    /// The same server, where the machine trusts it: nothing else kept the requests above from it.
    @Test func aCertificateThatTheMachineTrustsIsTaken() async throws {
        try await TLSServer.run { server in
            let ending = try await Self.upload(to: "localhost", of: server, trusting: true)
            #expect(ending.code == "refused")
            #expect(server.received.contains("POST /files/ HTTP/1.1\r\n"))
            #expect(server.received.contains(Self.secret))
        }
    }

    /// A server that speaks no TLS at all.
    @Test func aServerWithoutTLSIsRefused() async throws {
        let commands = try QueueCommands()
        try commands.write("a")
        try await withDevelopmentServer(.init(directory: commands.folder["server"])) { server in
            let endpoint = server.endpoint.replacing("http://", with: "https://")
            try await commands.output("add", "a", "--to", endpoint, "--max-attempts", "2")
            #expect(try await commands.run("run", "--drain").status == 1)
            let ending = try Self.story(try await commands.object("show", "1", "--json"))
            #expect(ending.code == "tls_failed")
            #expect(ending.message.contains("no secure connection"), "\(ending.message)")
            #expect(server.requests().isEmpty)
        }
    }

    /// There is no option, variable or setting that turns the check off.
    @Test func nothingTurnsItOff() throws {
        for target in ["Tus", "Uploads", "upload-queue"] {
            for file in Page.sources(of: target) {
                let text = try String(contentsOf: file, encoding: .utf8)
                for word in ["certificateVerification", "tlsConfiguration", "TLSConfiguration", "insecure"] {
                    #expect(!text.contains(word), "\(file.lastPathComponent)")
                }
            }
        }
    }
}
#endif
