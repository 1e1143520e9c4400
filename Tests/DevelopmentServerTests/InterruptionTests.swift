import DevelopmentServer
import Testing

@Suite struct InterruptionTests {
    @Test func keepsExactlyWhatArrivedBeforeACut() async throws {
        let (records, continuation) = AsyncStream<RequestRecord>.makeStream()
        try await withServer(records: continuation) { server in
            let content = Wire.content(100_000)
            let url = try await Wire.create(server.endpoint, length: content.count)
            let raw = try await RawConnection.open(port: server.port)
            try await raw.send(Self.patch(url, server, length: content.count), Array(content[..<54_321]))
            raw.close()

            let record = try #require(await records.first { $0.step == .transfer })
            #expect(record.cut)
            #expect(record.status == nil)
            #expect(record.bytesReceived == 54_321)
            #expect(record.bytesStored == 54_321)
            #expect(record.offsetBefore == 0)
            #expect(record.offsetAfter == 54_321)

            #expect(try await Wire.head(url).offset == "54321")
            #expect(try await Wire.patch(url, at: 54_321, Array(content[54_321...])).status == 204)
            #expect(try await Wire.send("GET", url).body == content)
        }
    }

    @Test func keepsWhatArrivedInChunks() async throws {
        let (records, continuation) = AsyncStream<RequestRecord>.makeStream()
        try await withServer(records: continuation) { server in
            let url = try await Wire.create(server.endpoint, length: 100)
            let raw = try await RawConnection.open(port: server.port)
            var head = Self.patch(url, server, length: 0)
            head[head.count - 1] = "Transfer-Encoding: chunked"
            try await raw.send(head, Array("5\r\nhello\r\n5\r\nwo".utf8))
            raw.close()
            let record = try #require(await records.first { $0.step == .transfer })
            #expect(record.cut)
            #expect(record.bytesStored == 7)
            #expect(try await Wire.send("GET", url).text == "hellowo")
        }
    }

    @Test func refusesWhatIsTooLongInChunks() async throws {
        try await withServer { server in
            let url = try await Wire.create(server.endpoint, length: 7)
            let raw = try await RawConnection.open(port: server.port)
            defer { raw.close() }
            var head = Self.patch(url, server, length: 0)
            head[head.count - 1] = "Transfer-Encoding: chunked"
            try await raw.send(head, Array("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n".utf8))
            #expect(try await raw.receiveAll().hasPrefix("HTTP/1.1 400"))
            #expect(try await Wire.head(url).offset == "7")
        }
    }

    @Test func headWaitsForThePatchThatRuns() async throws {
        try await withServer(faults: [Fault(.step(.transfer), .stall(afterBytes: 10))]) { server in
            let url = try await Wire.create(server.endpoint, length: 100)
            let raw = try await RawConnection.open(port: server.port)
            try await raw.send(Self.patch(url, server, length: 100), Wire.content(100))
            try await Self.waitForStored(10, url)
            async let head = Wire.head(url)
            raw.close()
            #expect(try await head.offset == "10")
            let steps = server.requests().map(\.step).filter { $0 != .download }
            #expect(steps == [.create, .transfer, .offset])
        }
    }

    @Test func locksOnlyForABoundedTime() async throws {
        let fault = Fault(.step(.transfer), .stall(afterBytes: 10))
        try await withServer(faults: [fault], lockWait: .milliseconds(1)) { server in
            let url = try await Wire.create(server.endpoint, length: 100)
            let raw = try await RawConnection.open(port: server.port)
            try await raw.send(Self.patch(url, server, length: 100), Wire.content(100))
            try await Self.waitForStored(10, url)
            #expect(try await Wire.head(url).status == 423)
            #expect(try await Wire.patch(url, at: 10, Wire.content(1)).status == 423)
            #expect(try await Wire.delete(url).status == 423)
            raw.close()
        }
    }

    static func patch(_ url: String, _ server: RunningServer, length: Int) -> [String] {
        [
            "PATCH \(url.dropFirst(server.origin.count)) HTTP/1.1", "Host: 127.0.0.1:\(server.port)",
            "Tus-Resumable: 1.0.0", "Upload-Offset: 0", "Content-Type: application/offset+octet-stream",
            "Content-Length: \(length)",
        ]
    }

    /// Downloads take no lock, so they show what a request that still runs has stored.
    private static func waitForStored(_ count: Int, _ url: String) async throws {
        for _ in 0..<10_000 where try await Wire.send("GET", url).body.count == count { return }
        Issue.record("the server never stored \(count) bytes")
    }
}
