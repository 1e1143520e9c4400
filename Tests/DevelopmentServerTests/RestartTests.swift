import DevelopmentServer
import Foundation
import Testing

@Suite struct RestartTests {
    @Test func goesOnWhereItStopped() async throws {
        try await withTemporaryDirectory { directory in
            let configuration = DevelopmentServer.Configuration(directory: directory)
            let content = Wire.content(1000)
            let (path, deleted) = try await withDevelopmentServer(configuration) { server in
                let url = try await Wire.create(server.endpoint, length: 1000, [("Upload-Metadata", "a YQ==")])
                #expect(try await Wire.patch(url, at: 0, Array(content[..<400])).status == 204)
                let other = try await Wire.create(server.endpoint, length: 1)
                #expect(try await Wire.delete(other).status == 204)
                return (url.dropFirst(server.origin.count), other.dropFirst(server.origin.count))
            }
            try await withDevelopmentServer(configuration) { server in
                let head = try await Wire.head(server.origin + path)
                #expect(head.offset == "400")
                #expect(head.header("Upload-Length") == "1000")
                #expect(head.header("Upload-Metadata") == "a YQ==")
                #expect(try await Wire.head(server.origin + deleted).status == 410)
                #expect(try await Wire.patch(server.origin + path, at: 400, Array(content[400...])).status == 204)
                #expect(try await Wire.send("GET", server.origin + path).body == content)
            }
        }
    }

    @Test func tokensAndFinalizesStayUsed() async throws {
        try await withTemporaryDirectory { directory in
            let configuration = DevelopmentServer.Configuration(directory: directory)
            let (fresh, used) = try await withDevelopmentServer(configuration) { server in
                let fresh = try await server.mintGrant(mimeType: "image/png", fileName: "a.png")
                let used = try await server.mintGrant(mimeType: "image/png", fileName: "a.png")
                #expect(try await WixTests.upload([1, 2, 3], used, name: "a.png").status == 204)
                #expect(try await WixTests.finalize(used, name: "a.png").status == 200)
                return (fresh.uploadToken, used.uploadToken)
            }
            try await withDevelopmentServer(configuration) { server in
                let base = server.origin + "/upload/tus/"
                #expect(try await Wire.send("PUT", base + used, body: Array("{}".utf8)).status == 429)
                let answer = try await Wire.send("PUT", base + fresh, body: Array("{}".utf8))
                #expect(answer.status == 400)
                #expect(answer.text.contains("UPLOAD_NOT_COMPLETE"))
            }
        }
    }

    @Test func theLogGoesOn() async throws {
        try await withTemporaryDirectory { directory in
            let configuration = DevelopmentServer.Configuration(directory: directory)
            let file = URL(filePath: directory).appending(path: "requests.jsonl")
            let before = try await withDevelopmentServer(configuration) { server in
                _ = try await Wire.create(server.endpoint, length: 1)
                _ = try await Wire.send("GET", server.origin + "/nothing")
                return server.requests()
            }
            #expect(before.map(\.sequence) == [1, 2])

            // What a kill -9 in the middle of a write leaves: a line without its end, and a temporary file.
            let handle = try FileHandle(forWritingTo: file)
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(#"{"sequence":3,"meth"#.utf8))
            try handle.close()
            let leftover = URL(filePath: directory).appending(path: "x.json.1.temporary")
            try Data().write(to: leftover)

            let after = try await withDevelopmentServer(configuration) { server in
                #expect(server.requests() == before)
                _ = try await Wire.send("OPTIONS", server.endpoint)
                return server.requests()
            }
            #expect(after.map(\.sequence) == [1, 2, 3])
            #expect(after.last?.step == .options)
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            let read = try lines.map { try JSONDecoder().decode(RequestRecord.self, from: Data($0.utf8)) }
            #expect(read == after)
            #expect(!FileManager.default.fileExists(atPath: leftover.path))
        }
    }
}
