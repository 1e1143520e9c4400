import DevelopmentServer
import Foundation

/// A folder that exists while `body` runs.
func withTemporaryDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let path = FileManager.default.temporaryDirectory.appending(path: "development-server-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// A server on a folder of its own, which goes with it.
func withServer<Value>(
    faults: [Fault] = [],
    port: Int = 0,
    maximumSize: Int64? = nil,
    expiresAfter: Duration? = nil,
    tokenLifetime: Duration = .seconds(604_800),
    lockWait: Duration = .seconds(30),
    records: AsyncStream<RequestRecord>.Continuation? = nil,
    _ body: (RunningServer) async throws -> Value
) async throws -> Value {
    try await withTemporaryDirectory { directory in
        var configuration = DevelopmentServer.Configuration(directory: directory)
        configuration.faults = faults
        configuration.port = port
        configuration.maximumSize = maximumSize
        configuration.expiresAfter = expiresAfter
        configuration.tokenLifetime = tokenLifetime
        configuration.lockWait = lockWait
        return try await withDevelopmentServer(configuration, onRequest: { _ = records?.yield($0) }, body)
    }
}
