import DevelopmentServer
import Testing

@Suite struct ServerLifecycleTests {
    @Test(arguments: ["0.0.0.0", "192.168.1.5", "example.org", "127.0.0.1.example.org", "::"])
    func listensOnThisMachineOnly(host: String) async throws {
        try await withTemporaryDirectory { directory in
            var configuration = DevelopmentServer.Configuration(directory: directory)
            configuration.host = host
            let error = await #expect(throws: DevelopmentServer.NotLoopback.self) {
                try await withDevelopmentServer(configuration) { _ in }
            }
            #expect(error?.description.contains(host) == true)
        }
    }

    @Test func saysWhenThePortIsTaken() async throws {
        try await withServer { server in
            await #expect(throws: (any Error).self) {
                try await withServer(port: server.port) { _ in }
            }
            let answer = try await Wire.send("OPTIONS", server.endpoint)
            #expect(answer.status == 204)
        }
    }

    @Test func stopsWithARequestUnderWay() async throws {
        try await withTemporaryDirectory { directory in
            let configuration = DevelopmentServer.Configuration(directory: directory)
            let raw = try await withDevelopmentServer(configuration) { server in
                server.addFault(Fault(.step(.offset), .stall(afterBytes: 0)))
                let url = try await Wire.create(server.endpoint, length: 1)
                let raw = try await RawConnection.open(port: server.port)
                try await raw.send(["HEAD \(url.dropFirst(server.origin.count)) HTTP/1.1", "Host: a"])
                return raw
            }
            #expect(try await raw.receiveAll().isEmpty)
            raw.close()
        }
    }
}
