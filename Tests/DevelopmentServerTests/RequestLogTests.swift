import DevelopmentServer
import Foundation
import Testing

@Suite struct RequestLogTests {
    @Test func tellsWhatHappened() async throws {
        try await withTemporaryDirectory { directory in
            let configuration = DevelopmentServer.Configuration(directory: directory)
            try await withDevelopmentServer(configuration) { server in
                let url = try await Wire.create(server.endpoint, length: 9, [("Authorization", "Bearer s3cret")])
                _ = try await Wire.send(
                    "PATCH",
                    url,
                    [
                        Wire.tus, Wire.bytes, ("Upload-Offset", "0"), ("X-Trace", "s3cret"), ("Wix-Site-Id", "x"),
                        ("X-Request-ID", "r-1"),
                    ],
                    body: [1, 2, 3]
                )
                _ = try await Wire.patch(url, at: 0, [9])
                let id = String(url.dropFirst(server.endpoint.count))

                let records = server.requests()
                #expect(records.map(\.sequence) == [1, 2, 3])
                let create = try #require(records.first)
                #expect(create.method == "POST")
                #expect(create.step == .create)
                #expect(create.path == "/files/")
                #expect(create.upload == id)
                #expect(create.status == 201)
                #expect(create.authorization)
                #expect(create.customHeaders.isEmpty)
                #expect(create.grant == nil)

                let transfer = records[1]
                #expect(transfer.path == "/files/\(id)")
                #expect(transfer.offsetBefore == 0)
                #expect(transfer.bytesReceived == 3)
                #expect(transfer.bytesStored == 3)
                #expect(transfer.offsetAfter == 3)
                #expect(transfer.customHeaders == ["wix-site-id", "x-request-id", "x-trace"])
                #expect(records.map(\.requestID) == [nil, "r-1", nil])
                #expect(records.map(\.began) == [0, 1, 2])
                #expect(!transfer.authorization)
                #expect(!transfer.cut)

                let conflict = records[2]
                #expect(conflict.status == 409)
                #expect(conflict.offsetBefore == 3)
                #expect(conflict.bytesStored == 0)
                #expect(conflict.offsetAfter == 3)

                let text = try String(contentsOfFile: directory + "/requests.jsonl", encoding: .utf8)
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                #expect(lines.last?.isEmpty == true)
                let read = try lines.dropLast().map {
                    try JSONDecoder().decode(RequestRecord.self, from: Data($0.utf8))
                }
                #expect(read == records)
                #expect(!text.contains("s3cret"))
            }
        }
    }

    @Test func holdsNoToken() async throws {
        try await withTemporaryDirectory { directory in
            let configuration = DevelopmentServer.Configuration(directory: directory)
            try await withDevelopmentServer(configuration) { server in
                let grant = try await server.mintGrant(mimeType: "image/png", fileName: "a.png")
                #expect(try await WixTests.upload([1], grant, name: "a.png").status == 204)
                #expect(try await WixTests.finalize(grant, name: "a.png").status == 200)
                // A token where none belongs, and a short one where one belongs.
                _ = try await Wire.head(grant.uploadURL + "/" + grant.uploadToken)
                _ = try await Wire.send("PUT", grant.uploadURL + "/short")

                let records = server.requests()
                #expect(records.map(\.grant) == [grant.id, grant.id, grant.id, nil, nil])
                #expect(records.suffix(3).map(\.path) == Array(repeating: "/upload/tus/{token}", count: 3))
                let text = try String(contentsOfFile: directory + "/requests.jsonl", encoding: .utf8)
                for part in grant.uploadToken.split(separator: ".").dropFirst() {
                    #expect(!text.contains(part))
                }
            }
        }
    }
}
