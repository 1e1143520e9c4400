import DevelopmentServer
import Testing

@Suite struct FaultTests {
    @Test func answersAStatusInstead() async throws {
        let effect = Fault.Effect.status(503, body: "busy", headers: ["Retry-After": "7"])
        try await withServer(faults: [Fault(.step(.transfer), effect, times: 2)]) { server in
            let url = try await Wire.create(server.endpoint, length: 3)
            for _ in 0..<2 {
                let answer = try await Wire.patch(url, at: 0, [1, 2, 3])
                #expect(answer.status == 503)
                #expect(answer.text == "busy")
                #expect(answer.header("Retry-After") == "7")
            }
            #expect(try await Wire.head(url).offset == "0")
            #expect(try await Wire.patch(url, at: 0, [1, 2, 3]).status == 204)
            let faults = server.requests().filter { $0.step == .transfer }.map(\.fault)
            let text = "transfer:status=503:header=Retry-After=7:times=2:body=busy"
            #expect(faults == [text, text, nil])
        }
    }

    @Test func liesAfterProcessing() async throws {
        try await withServer(faults: [Fault(.method("PATCH"), .statusAfter(500))]) { server in
            let url = try await Wire.create(server.endpoint, length: 3)
            let answer = try await Wire.patch(url, at: 0, [1, 2, 3])
            #expect(answer.status == 500)
            #expect(answer.offset == nil)
            #expect(try await Wire.head(url).offset == "3")
        }
    }

    @Test func delaysAnAnswer() async throws {
        let delay = Fault.Effect.delay(.milliseconds(200))
        try await withServer(faults: [Fault(.step(.offset), delay)]) { server in
            let url = try await Wire.create(server.endpoint, length: 3)
            let clock = ContinuousClock()
            let start = clock.now
            #expect(try await Wire.head(url).status == 200)
            // A lower bound only: how late it is beyond that depends on the machine.
            #expect(clock.now - start >= .milliseconds(200))
        }
    }

    @Test func cutsAfterBytes() async throws {
        try await withServer(faults: [Fault(.step(.transfer), .cut(afterBytes: 70_000))]) { server in
            let content = Wire.content(200_000)
            let url = try await Wire.create(server.endpoint, length: content.count)
            await #expect(throws: (any Error).self) { try await Wire.patch(url, at: 0, content) }
            #expect(try await Wire.head(url).offset == "70000")
            let record = try #require(server.requests().first { $0.step == .transfer })
            #expect(record.cut)
            #expect(record.status == nil)
            #expect(record.bytesStored == 70_000)
            #expect(try await Wire.patch(url, at: 70_000, Array(content[70_000...])).status == 204)
            #expect(try await Wire.send("GET", url).body == content)
        }
    }

    @Test func cutsWithoutWaitingForTheRest() async throws {
        try await withServer(faults: [Fault(.step(.transfer), .cut(afterBytes: 50))]) { server in
            let url = try await Wire.create(server.endpoint, length: 1000)
            let raw = try await RawConnection.open(port: server.port)
            defer { raw.close() }
            try await raw.send(InterruptionTests.patch(url, server, length: 1000), Wire.content(100))
            #expect(try await raw.receiveAll().isEmpty)
            #expect(server.requests().last?.bytesReceived == 100)
            #expect(try await Wire.head(url).offset == "50")
        }
    }

    @Test func cutsAtOnce() async throws {
        let fault = Fault(.step(.create), .cut(afterBytes: 0))
        try await withServer(faults: [fault, Fault(.step(.offset), .cut(afterBytes: 5))]) { server in
            await #expect(throws: (any Error).self) {
                try await Wire.send("POST", server.endpoint, [Wire.tus, ("Upload-Length", "1")])
            }
            #expect(server.requests().last?.upload == nil)
            let url = try await Wire.create(server.endpoint, length: 1)
            await #expect(throws: (any Error).self) { try await Wire.head(url) }
            #expect(try await Wire.head(url).status == 200)
        }
    }

    @Test func cutsAfterProcessing() async throws {
        try await withServer { server in
            let grant = try await server.mintGrant(mimeType: "image/png", fileName: "a.png")
            #expect(try await WixTests.upload([1, 2], grant, name: "a.png").status == 204)
            server.addFault(Fault(.step(.finalize), .cutAfterProcessing))
            await #expect(throws: (any Error).self) { try await WixTests.finalize(grant, name: "a.png") }
            #expect(try await WixTests.finalize(grant, name: "a.png").status == 429)
            let finalizes = server.requests().filter { $0.step == .finalize }
            #expect(finalizes.map(\.finalized) == [true, false])
            #expect(finalizes.map(\.cut) == [true, false])
        }
    }

    @Test func storesLessThanSent() async throws {
        try await withServer(faults: [Fault(.step(.transfer), .acceptOnly(4))]) { server in
            let url = try await Wire.create(server.endpoint, length: 10)
            let answer = try await Wire.patch(url, at: 0, Wire.content(10))
            #expect(answer.status == 204)
            #expect(answer.offset == "4")
            let record = try #require(server.requests().last)
            #expect(record.bytesReceived == 10)
            #expect(record.bytesStored == 4)
            #expect(record.offsetAfter == 4)
            #expect(try await Wire.head(url).offset == "4")
        }
    }

    @Test func stallsUntilTheClientGivesUp() async throws {
        let (records, continuation) = AsyncStream<RequestRecord>.makeStream()
        let faults = [Fault(.step(.transfer), .stall(afterBytes: 3)), Fault(.step(.offset), .stall(afterBytes: 0))]
        try await withServer(faults: faults, records: continuation) { server in
            let url = try await Wire.create(server.endpoint, length: 10)
            let raw = try await RawConnection.open(port: server.port)
            try await raw.send(InterruptionTests.patch(url, server, length: 10), Wire.content(10))
            raw.close()
            let transfer = try #require(await records.first { $0.step == .transfer })
            #expect(transfer.cut)
            #expect(transfer.bytesStored == 3)

            let second = try await RawConnection.open(port: server.port)
            let path = url.dropFirst(server.origin.count)
            try await second.send(["HEAD \(path) HTTP/1.1", "Tus-Resumable: 1.0.0", "Host: a"])
            second.close()
            #expect(await records.first { $0.step == .offset }?.cut == true)
            #expect(try await Wire.head(url).offset == "3")
        }
    }

    @Test func changesHeaders() async throws {
        let faults = [
            Fault(.step(.offset), .dropHeader("upload-offset")),
            Fault(.step(.offset), .setHeader("Upload-Offset", "99")),
        ]
        try await withServer(faults: faults) { server in
            let url = try await Wire.create(server.endpoint, length: 3)
            let first = try await Wire.head(url)
            #expect(first.status == 200)
            #expect(first.offset == nil)
            #expect(try await Wire.head(url).offset == "99")
            #expect(try await Wire.head(url).offset == "0")
        }
    }

    @Test func losesBytes() async throws {
        try await withServer(faults: [Fault(.step(.offset), .loseBytes(4))]) { server in
            let url = try await Wire.create(server.endpoint, length: 10)
            #expect(try await Wire.patch(url, at: 0, Wire.content(6)).status == 204)
            #expect(try await Wire.head(url).offset == "2")

            server.addFault(Fault(.step(.transfer), .loseBytes(5)))
            #expect(try await Wire.patch(url, at: 2, [1, 2]).offset == "4")
            #expect(server.requests().last?.offsetAfter == 0)
            #expect(try await Wire.head(url).offset == "0")
        }
    }

    @Test func fitsByOccurrenceAndPath() async throws {
        try await withServer { server in
            let first = try await Wire.create(server.endpoint, length: 1)
            let second = try await Wire.create(server.endpoint, length: 1)
            let id = String(second.dropFirst(server.endpoint.count))
            server.addFault(Fault(Fault.Match(method: "HEAD", occurrence: 2, path: id), .status(500), times: 2))
            var statuses: [Int] = []
            for url in [first, first, second, second, second, second] {
                statuses.append(try await Wire.head(url).status)
            }
            #expect(statuses == [200, 200, 200, 500, 500, 200])

            server.addFault(Fault(Fault.Match(), .status(418), times: 1000))
            #expect(try await Wire.head(first).status == 418)
            #expect(try await Wire.send("OPTIONS", server.endpoint).status == 418)
            server.removeFaults()
            #expect(try await Wire.head(first).status == 200)
        }
    }
}
