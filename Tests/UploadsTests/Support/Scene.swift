import DevelopmentServer
import Foundation
import Logging
import Testing
import UploadStore
import Uploads

/// A queue, a server that listens, and a saved destination `server`.
struct Scene: Sendable {
    let folder: TestFolder
    let queue: UploadQueue
    let server: RunningServer

    /// Runs a body with a scene of its own.
    ///
    /// `onRequest` runs right before a request is answered.
    static func run<Value: Sendable>(
        faults: [Fault] = [],
        chunkSize: Int64? = nil,
        maximumSize: Int64? = nil,
        tokenLifetime: Duration = .seconds(3600),
        folder: TestFolder? = nil,
        onRequest: @escaping @Sendable (RequestRecord) -> Void = { _ in },
        _ body: (Scene) async throws -> Value
    ) async throws -> Value {
        let folder = try folder ?? TestFolder()
        var configuration = DevelopmentServer.Configuration(directory: folder["server"])
        configuration.faults = faults
        configuration.maximumSize = maximumSize
        configuration.tokenLifetime = tokenLifetime
        return try await withDevelopmentServer(configuration, onRequest: onRequest) { server in
            let queue = try await UploadQueue.open(folder["queue.db"])
            try await queue.save(.tus("server", endpoint: server.endpoint, chunkSize: chunkSize))
            return try await body(Scene(folder: folder, queue: queue, server: server))
        }
    }

    /// A processor whose back-offs take no time.
    func processor(
        concurrency: Int = 4,
        drain: Bool = true,
        retry: RetryPolicy = .immediate,
        stallTimeout: Duration = .seconds(600),
        credentials: [String: CredentialProvider] = [:],
        logger: Logger? = nil,
        surroundings: Surroundings = Surroundings(environment: { _ in nil })
    ) -> UploadProcessor {
        var options = UploadProcessor.Options(
            concurrency: concurrency,
            drain: drain,
            retry: retry,
            stallTimeout: stallTimeout,
            credentials: credentials
        )
        if let logger { options.logger = logger }
        var processor = queue.processor(options: options)
        processor.surroundings = surroundings
        return processor
    }

    /// Works the queue until nothing is left, with back-offs that take no time.
    func drain(concurrency: Int = 4, maximumAttempts: Int = 300, environment: [String: String] = [:]) async throws {
        try await processor(
            concurrency: concurrency,
            retry: .immediate(maximumAttempts: maximumAttempts),
            surroundings: Surroundings(environment: { environment[$0] })
        ).run()
    }

    /// Runs a body while a processor works, and stops it then.
    @discardableResult
    func whileWorking<Value: Sendable>(
        _ processor: UploadProcessor,
        _ body: () async throws -> Value
    ) async throws -> Value {
        let work = Task {
            do { try await processor.run() } catch is CancellationError {}
        }
        do {
            let value = try await body()
            work.cancel()
            try await work.value
            return value
        } catch {
            work.cancel()
            _ = await work.result
            throw error
        }
    }

    /// Adds a new file.
    @discardableResult
    func add(_ name: String = "file.bin", bytes: Int = 1000, seed: UInt64 = 1) async throws -> Upload {
        try await queue.add(.file(try folder.write(name, bytes: bytes, seed: seed)), to: "server")
    }

    /// Adds a new file with a new grant to the destination `wix`.
    func addGranted(_ name: String = "file.jpg", bytes: Int = 1000) async throws -> (upload: Upload, grant: Grant) {
        if try await queue.destination("wix") == nil { try await queue.save(.wix()) }
        let minted = try await server.mintGrant(mimeType: "image/jpeg")
        let grant = try Grant(uploadURL: minted.uploadURL, uploadToken: minted.uploadToken)
        let upload = try await queue.add(.file(try folder.write(name, bytes: bytes)), to: "wix", grant: grant)
        return (upload, grant)
    }

    /// Waits until an upload is as a condition says.
    @discardableResult
    func wait(for id: Upload.ID, until condition: (Upload) -> Bool) async throws -> Upload {
        for try await upload in queue.updates(of: id) where condition(upload) { return upload }
        throw NeverHappened(last: try await queue.upload(id))
    }

    /// The awaited state did not come before the upload was finished.
    struct NeverHappened: Error {
        var last: Upload?
    }

    /// The bytes that the server holds of an upload.
    func stored(_ upload: Upload) throws -> Data { try stored(try #require(upload.uploadURL)) }

    func stored(_ url: String) throws -> Data {
        let id = try #require(url.split(separator: "/").last)
        return try Data(contentsOf: URL(filePath: folder["server/\(id).bin"]))
    }

    /// The metadata that the server holds of an upload, as it came.
    func storedMetadata(_ upload: Upload) throws -> String? {
        struct Stored: Decodable {
            var metadata: String?
        }
        let id = try #require(upload.uploadURL?.split(separator: "/").last)
        let data = try Data(contentsOf: URL(filePath: folder["server/\(id).json"]))
        return try JSONDecoder().decode(Stored.self, from: data).metadata
    }

    func upload(_ id: Upload.ID) async throws -> Upload { try #require(try await queue.upload(id)) }

    /// The row as it is stored.
    func row(_ id: Upload.ID) async throws -> UploadRow { try #require(try await queue.store.upload(id)) }

    /// The words of an upload's history.
    func story(_ id: Upload.ID) async throws -> [String] { try await queue.events(of: id).map(\.event) }

    func requests(_ step: RequestStep) -> [RequestRecord] { server.requests().filter { $0.step == step } }

    /// Whether the schema refuses a statement in the sqlite3 shell.
    func isRefused(_ statement: String) async throws -> Bool {
        let shell = ["sqlite3", "-batch", "-bail", "-cmd", ".timeout 60000", queue.path, statement]
        return try await ChildProcess.run(shell).status == 19
    }

    /// Runs statements in the sqlite3 shell.
    @discardableResult
    func sql(_ statements: String) async throws -> [String] {
        // A worker may be writing: the shell itself waits for nobody.
        try await ChildProcess.output(["sqlite3", "-batch", "-bail", "-cmd", ".timeout 60000", queue.path, statements])
    }
}

extension RetryPolicy {
    static var immediate: RetryPolicy { .immediate(maximumAttempts: 300) }

    /// Twenty back-offs that take no time.
    static func immediate(maximumAttempts: Int) -> RetryPolicy {
        RetryPolicy(delays: Array(repeating: .zero, count: 20), maximumAttempts: maximumAttempts)
    }
}
