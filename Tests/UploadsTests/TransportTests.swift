import DevelopmentServer
import Foundation
import HTTPTypes
import NIOCore
import Testing
import Tus

@testable import Uploads

@Suite struct TransportTests {
    /// Longer than anything here takes where many tests share few processors.
    private static let never = Duration.seconds(600)

    /// A route can break after the server has read all of a request.
    @Test(arguments: [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL], [true, false])
    func whatFailsAfterItsHeadMayHaveArrived(code: Int32, isHeadSent: Bool) {
        let failure = RequestFailure(IOError(errnoCode: code, reason: "write"), isHeadSent: isHeadSent)
        #expect(failure.wasSent == isHeadSent)
        #expect(failure.code == "connection_failed")
    }

    /// A server that refuses a large body answers before it was sent; what it says is heard.
    @Test(arguments: [300_000, 5 << 20, 48 << 20]) func anEarlyAnswerIsHeard(bytes: Int) async throws {
        for status in [400, 401, 413, 503] {
            let fault = Fault(.step(.transfer), .status(status, body: "no", headers: ["Retry-After": "7"]))
            try await Scene.run(faults: [fault]) { scene in
                let path = try scene.folder.write("file.bin", bytes: bytes)
                let transport = Transport(connections: 1, stall: Self.never)
                let url = try #require(URL(string: scene.server.endpoint + "any"))
                let fields: HTTPFields = [.contentLength: "\(bytes)"]
                let body = Request.Body.file(0..<Int64(bytes))
                let request = Request(step: .transfer, method: .patch, url: url, fields: fields, body: body)
                let result: Result<Answer, any Error>
                do {
                    result = .success(try await transport.send(request, file: try SourceFile(path: path)))
                } catch {
                    result = .failure(error)
                }
                try await transport.shutdown()
                let answer = try result.get()
                #expect(answer.status == status)
                #expect(answer.fields[values: .retryAfter] == ["7"])
                #expect(String(decoding: answer.body, as: UTF8.self) == "no")
            }
        }
    }

    /// Else a worker would run out of descriptors where a server refuses or cuts large requests again and again.
    @Test(
        .timeLimit(.minutes(10)),
        arguments: [Fault.Effect.status(503), .stall(afterBytes: 1000), .cut(afterBytes: 1000)]
    )
    func aRequestThatIsOverKeepsNoFileOpen(_ effect: Fault.Effect) async throws {
        let bytes = 48 << 20
        let faults = [Fault(.step(.transfer), .status(401)), Fault(.step(.transfer), effect, times: 10)]
        try await Scene.run(faults: faults) { scene in
            let (request, path) = try await Self.firstTransfer(of: bytes, in: scene)
            let stall: Duration = if case .stall = effect { .seconds(1) } else { Self.never }
            let transport = Transport(connections: 1, stall: stall)
            weak var weakFile: SourceFile?
            do {
                let file = try SourceFile(path: path)
                weakFile = file
                let answer = try? await transport.send(request, file: file)
                #expect(answer?.status == (effect == .status(503) ? 503 : nil))
            }
            while weakFile != nil {
                try await Task.sleep(for: .milliseconds(1))
            }
            try await transport.shutdown()
        }
    }

    /// A server that stops reading, with more to send than the sockets' buffers hold.
    @Test func aServerThatStopsReadingIsCutOff() async throws {
        let bytes = 32 << 20
        let faults = [Fault(.step(.transfer), .status(401)), Fault(.step(.transfer), .stall(afterBytes: 1000))]
        try await Scene.run(faults: faults) { scene in
            let (request, path) = try await Self.firstTransfer(of: bytes, in: scene)
            let transport = Transport(connections: 1, stall: .seconds(1))
            let failure = await #expect(throws: RequestFailure.self) {
                try await transport.send(request, file: try SourceFile(path: path))
            }
            #expect(failure?.code == "timeout")
            try await transport.shutdown()
        }
    }

    /// A request with all bytes of a new upload, which exists at the server; the first fault stopped the queue there.
    private static func firstTransfer(of bytes: Int, in scene: Scene) async throws -> (request: Request, path: String) {
        let upload = try await scene.add(bytes: bytes)
        try await scene.drain()
        let location = try #require(try await scene.upload(upload.id).uploadURL)
        let url = try #require(URL(string: location))
        let fields: HTTPFields = [
            .tusResumable: "1.0.0", .contentType: "application/offset+octet-stream", .uploadOffset: "0",
        ]
        let body = Request.Body.file(0..<Int64(bytes))
        return (Request(step: .transfer, method: .patch, url: url, fields: fields, body: body), upload.sourcePath)
    }

    @Test func anAnswerThatIsTooLargeIsNotRead() async throws {
        let body = String(repeating: "x", count: Transport.largestAnswer + 1)
        let fault = Fault(.step(.create), .status(201, body: body, headers: ["Location": "/files/a"]))
        try await Scene.run(faults: [fault]) { scene in
            let transport = Transport(connections: 1, stall: Self.never)
            let url = try #require(URL(string: scene.server.endpoint))
            let request = Request(step: .create, method: .post, url: url, fields: [.contentLength: "0"])
            let failure = await #expect(throws: RequestFailure.self) { try await transport.send(request, file: nil) }
            #expect(failure?.code == "answer_too_large")
            try await transport.shutdown()
        }
    }

    /// A body is taken as it comes, so that a small one cannot become a large one.
    @Test func nothingIsDecompressed() async throws {
        let bomb = "H4sIAAAAAAAA"
        let fault = Fault(
            .step(.create),
            .status(400, body: bomb, headers: ["Content-Encoding": "gzip", "Content-Type": "application/json"])
        )
        try await Scene.run(faults: [fault]) { scene in
            let transport = Transport(connections: 1, stall: Self.never)
            let url = try #require(URL(string: scene.server.endpoint))
            let request = Request(step: .create, method: .post, url: url, fields: [.contentLength: "0"])
            let answer = try await transport.send(request, file: nil)
            #expect(answer.status == 400)
            #expect(String(decoding: answer.body, as: UTF8.self) == bomb)
            try await transport.shutdown()
        }
    }

    /// The head of an answer has to fit into the parser's 80 KiB.
    @Test func aHeadThatIsTooLargeIsNotRead() async throws {
        for bytes in [1_000, 200_000] {
            let header = ["X-Filler": String(repeating: "x", count: bytes)]
            try await Scene.run(faults: [Fault(.step(.create), .status(400, headers: header))]) { scene in
                let transport = Transport(connections: 1, stall: Self.never)
                let url = try #require(URL(string: scene.server.endpoint))
                let request = Request(step: .create, method: .post, url: url, fields: [.contentLength: "0"])
                let answer = try? await transport.send(request, file: nil)
                #expect((answer?.status == 400) == (bytes < 80 << 10), "\(bytes)")
                try await transport.shutdown()
            }
        }
    }

    @Test func aServerThatIsNotThereIsAFailure() async throws {
        let transport = Transport(connections: 1, stall: Self.never)
        let url = try #require(URL(string: "http://127.0.0.1:9/files/"))
        let request = Request(step: .offset, method: .head, url: url, fields: [:])
        let failure = await #expect(throws: RequestFailure.self) { try await transport.send(request, file: nil) }
        #expect(failure?.code == "connection_failed")
        try await transport.shutdown()
    }
}
