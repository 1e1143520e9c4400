package import Logging

/// A development server that listens, as ``withDevelopmentServer(_:logger:onRequest:_:)`` hands it out.
package struct RunningServer: Sendable {
    /// What Wix's mint returns.
    package struct Grant: Sendable {
        /// The tus endpoint to create the upload at.
        package let uploadURL: String
        /// The token for the creation's metadata and the finalize URL: a secret.
        package let uploadToken: String
        /// What the request log calls the grant.
        package let id: String
    }

    private let server: DevelopmentServer
    /// The port it listens on.
    package let port: Int

    fileprivate init(_ server: DevelopmentServer, port: Int) {
        self.server = server
        self.port = port
    }

    /// `http://host:port`, without a slash at the end.
    package var origin: String {
        let host = server.configuration.host
        return host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
    }

    /// The plain tus endpoint, `…/files/`.
    package var endpoint: String { origin + "/files/" }

    /// The base URL of the Wix API.
    package var wixURL: String { origin }

    /// The URL of Wix's GenerateFileResumableUploadUrl.
    package var mintURL: String { origin + "/site-media/v1/files/generate-resumable-upload-url" }

    /// Mints a token without a request, and so without a line in the log.
    ///
    /// - Parameters:
    ///   - mimeType: the file's type.
    ///   - fileName: the file's name; then the finalize needs none.
    /// - Returns: the grant, durable.
    /// - Throws: when it cannot be stored.
    package func mintGrant(mimeType: String, fileName: String? = nil) async throws -> Grant {
        let request = MintRequest(
            mimeType: mimeType,
            fileName: fileName,
            parentFolderId: nil,
            private: nil,
            labels: nil
        )
        let (grant, token) = try await server.handler.grant(for: request)
        return Grant(uploadURL: origin + RequestHandler.uploadPath, uploadToken: token.text, id: grant.id)
    }

    /// Adds a fault, after those in force.
    ///
    /// - Parameter fault: the fault.
    package func addFault(_ fault: Fault) {
        server.addFault(fault)
    }

    /// Removes all faults.
    package func removeFaults() {
        server.removeFaults()
    }

    /// The finished requests, oldest first, with those of earlier servers on the directory.
    ///
    /// - Returns: the records.
    package func requests() -> [RequestRecord] {
        server.requests()
    }
}

/// Runs a server while `body` runs; at the end it stops at once, and requests it still serves are cut.
///
/// - Parameters:
///   - configuration: its configuration.
///   - logger: where the server says what goes wrong against its will; default nowhere.
///   - onRequest: called with every record right before the request is answered, to wait for one without asking.
///   - body: what to do with it.
/// - Returns: what `body` returns.
/// - Throws: what `body` throws, or why the server does not listen.
package func withDevelopmentServer<Value>(
    _ configuration: DevelopmentServer.Configuration,
    logger: Logger = Logger(label: "development-server") { _ in SwiftLogNoOpLogHandler() },
    onRequest: @escaping @Sendable (RequestRecord) -> Void = { _ in },
    _ body: (RunningServer) async throws -> Value
) async throws -> Value {
    let server = DevelopmentServer(configuration: configuration, logger: logger, onRequest: onRequest)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        defer { group.cancelAll() }
        let port = try await server.waitUntilListening()
        return try await body(RunningServer(server, port: port))
    }
}
