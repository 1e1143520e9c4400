import DevelopmentServer
import Testing

@Suite struct TusProtocolTests {
    @Test func tellsWhatItCanDo() async throws {
        try await withServer(maximumSize: 1000) { server in
            for url in [server.endpoint, String(server.endpoint.dropLast()), server.origin + "/upload/tus"] {
                let answer = try await Wire.send("OPTIONS", url)
                #expect(answer.status == 204)
                #expect(answer.header("Tus-Version") == "1.0.0")
                #expect(answer.header("Tus-Extension") == "creation,creation-with-upload,termination,expiration")
                #expect(answer.header("Tus-Max-Size") == "1000")
            }
        }
    }

    @Test func storesAnUploadInTwoRequests() async throws {
        try await withServer { server in
            let content = Wire.content(300_000)
            let metadata = "filename c2Nhbi50aWY=,empty,project aGVyYmFyaXVt"
            let url = try await Wire.create(server.endpoint, length: content.count, [("Upload-Metadata", metadata)])
            #expect(url.hasPrefix(server.endpoint))

            let first = try await Wire.patch(url, at: 0, Array(content[..<100_000]))
            #expect(first.status == 204)
            #expect(first.offset == "100000")
            #expect(first.header("Tus-Resumable") == "1.0.0")
            #expect(first.header("Upload-Expires") == nil)
            let second = try await Wire.patch(url, at: 100_000, Array(content[100_000...]))
            #expect(second.offset == "300000")

            let head = try await Wire.head(url)
            #expect(head.status == 200)
            #expect(head.offset == "300000")
            #expect(head.header("Upload-Length") == "300000")
            #expect(head.header("Upload-Metadata") == metadata)
            #expect(head.header("Cache-Control") == "no-store")
            #expect(head.header("Tus-Resumable") == "1.0.0")
            #expect(try await Wire.send("GET", url).body == content)
        }
    }

    @Test func createsWithBytes() async throws {
        try await withServer { server in
            let answer = try await Wire.send(
                "POST",
                server.endpoint,
                [Wire.tus, Wire.bytes, ("Upload-Length", "10")],
                body: Wire.content(4)
            )
            #expect(answer.status == 201)
            #expect(answer.offset == "4")
            let url = try #require(answer.header("Location"))
            #expect(try await Wire.patch(url, at: 4, Wire.content(6)).offset == "10")
            #expect(try await Wire.patch(url, at: 10, []).status == 204)
        }
    }

    @Test func emptyUploadIsCompleteOnCreation() async throws {
        try await withServer { server in
            let head = try await Wire.head(try await Wire.create(server.endpoint, length: 0))
            #expect(head.offset == "0")
            #expect(head.header("Upload-Length") == "0")
        }
    }

    @Test func obeysMethodOverride() async throws {
        try await withServer { server in
            let url = try await Wire.create(server.endpoint, length: 2)
            let answer = try await Wire.send(
                "POST",
                url,
                [Wire.tus, Wire.bytes, ("Upload-Offset", "0"), ("X-HTTP-Method-Override", "PATCH")],
                body: [1, 2]
            )
            #expect(answer.status == 204)
            #expect(server.requests().last?.method == "PATCH")
        }
    }

    @Test func refusesOtherVersions() async throws {
        try await withServer { server in
            let url = try await Wire.create(server.endpoint, length: 1)
            for headers in [[], [("Tus-Resumable", "0.2.2")]] {
                let answers = [
                    try await Wire.send("POST", server.endpoint, headers + [("Upload-Length", "1")]),
                    try await Wire.send("HEAD", url, headers),
                    try await Wire.send("PATCH", url, headers + [Wire.bytes, ("Upload-Offset", "0")], body: [1]),
                    try await Wire.send("DELETE", url, headers),
                ]
                for answer in answers {
                    #expect(answer.status == 412)
                    #expect(answer.header("Tus-Version") == "1.0.0")
                }
            }
            #expect(try await Wire.head(url).offset == "0")
        }
    }

    @Test(arguments: [
        [("Upload-Length", "-1")],
        [("Upload-Length", "12a")],
        [("Upload-Length", "99999999999999999999")],
        [],
        [("Upload-Defer-Length", "1")],
        [("Upload-Length", "1"), ("Upload-Metadata", "")],
        [("Upload-Length", "1"), ("Upload-Metadata", "key not-base64")],
        [("Upload-Length", "1"), ("Upload-Metadata", "key YQ==,key YQ==")],
    ])
    func refusesMalformedCreation(headers: [(String, String)]) async throws {
        try await withServer { server in
            let answer = try await Wire.send("POST", server.endpoint, [Wire.tus] + headers)
            #expect(answer.status == 400)
            #expect(!answer.text.isEmpty)
        }
    }

    @Test func refusesTooLarge() async throws {
        try await withServer(maximumSize: 1000) { server in
            let answer = try await Wire.send("POST", server.endpoint, [Wire.tus, ("Upload-Length", "1001")])
            #expect(answer.status == 413)
            #expect(try await Wire.create(server.endpoint, length: 1000).hasPrefix(server.endpoint))
        }
    }

    @Test func refusesPatchesThatDoNotFit() async throws {
        try await withServer { server in
            let url = try await Wire.create(server.endpoint, length: 10)
            #expect(try await Wire.patch(url, at: 0, Wire.content(4)).status == 204)
            let offset = ("Upload-Offset", "4")
            #expect(try await Wire.patch(url, at: 0, Wire.content(4)).status == 409)
            #expect(try await Wire.patch(url, at: 5, Wire.content(4)).status == 409)
            #expect(try await Wire.patch(url, at: 4, Wire.content(7)).status == 400)
            #expect(try await Wire.send("PATCH", url, [Wire.tus, Wire.bytes], body: [1]).status == 400)
            #expect(
                try await Wire.send("PATCH", url, [Wire.tus, Wire.bytes, ("Upload-Offset", "x")], body: [1]).status
                    == 400
            )
            #expect(try await Wire.send("PATCH", url, [Wire.tus, offset], body: [1]).status == 415)
            let json = ("Content-Type", "application/json")
            #expect(try await Wire.send("PATCH", url, [Wire.tus, offset, json], body: [1]).status == 415)
            #expect(try await Wire.head(url).offset == "4")
            #expect(try await Wire.send("GET", url).body == Wire.content(4))
        }
    }

    @Test func answersConflictBeforeALargeBodyIsSent() async throws {
        try await withServer { server in
            let url = try await Wire.create(server.endpoint, length: 1 << 40)
            let path = url.dropFirst(server.origin.count)
            let raw = try await RawConnection.open(port: server.port)
            defer { raw.close() }
            try await raw.send([
                "PATCH \(path) HTTP/1.1", "Host: 127.0.0.1:\(server.port)", "Tus-Resumable: 1.0.0",
                "Content-Type: application/offset+octet-stream", "Upload-Offset: 1", "Content-Length: 1073741824",
            ])
            // What follows is more than the server reads after a refusal: it closes the connection.
            async let answer = raw.receiveAll()
            try? await raw.send([], [UInt8](repeating: 0, count: 40 << 20))
            let text = try await answer
            #expect(text.hasPrefix("HTTP/1.1 409"))
            #expect(text.lowercased().contains("connection: close"))
            #expect(try await Wire.head(url).offset == "0")
        }
    }

    @Test func knowsWhatIsGone() async throws {
        try await withServer { server in
            let url = try await Wire.create(server.endpoint, length: 1)
            #expect(try await Wire.delete(url).status == 204)
            #expect(try await Wire.head(url).status == 410)
            #expect(try await Wire.patch(url, at: 0, [1]).status == 410)
            #expect(try await Wire.delete(url).status == 410)
            #expect(try await Wire.send("GET", url).status == 410)
            for unknown in ["0123456789abcdef0123456789abcdef", "..", "nothing"] {
                #expect(try await Wire.head(server.endpoint + unknown).status == 404)
            }
            #expect(try await Wire.patch(server.endpoint + "nothing", at: 0, [1]).status == 404)
            #expect(try await Wire.delete(server.endpoint + "nothing").status == 404)
            #expect(try await Wire.send("GET", server.origin + "/elsewhere").status == 404)
            #expect(try await Wire.send("PUT", server.endpoint).status == 405)
        }
    }

    @Test func uploadsExpire() async throws {
        try await withServer(expiresAfter: .seconds(3600)) { server in
            let answer = try await Wire.send("POST", server.endpoint, [Wire.tus, ("Upload-Length", "2")])
            let expires = try #require(answer.header("Upload-Expires"))
            let form = /(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT/
            #expect(expires.wholeMatch(of: form) != nil)
            let url = try #require(answer.header("Location"))
            #expect(try await Wire.patch(url, at: 0, [1]).header("Upload-Expires") == expires)
            #expect(try await Wire.head(url).header("Upload-Expires") == expires)
        }
        try await withServer(expiresAfter: .zero) { server in
            let url = try await Wire.create(server.endpoint, length: 2)
            #expect(try await Wire.head(url).status == 410)
            #expect(try await Wire.patch(url, at: 0, [1]).status == 410)
        }
    }
}
