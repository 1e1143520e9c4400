import AsyncHTTPClient
import DevelopmentServer
import NIOCore
import NIOHTTP1

/// An answer, as it came.
struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var offset: String? { headers.first(name: "Upload-Offset") }

    func header(_ name: String) -> String? { headers.first(name: name) }
}

/// HTTP requests of tests.
enum Wire {
    static let bytes = ("Content-Type", "application/offset+octet-stream")
    static let tus = ("Tus-Resumable", "1.0.0")

    static func send(
        _ method: String,
        _ url: String,
        _ headers: [(String, String)] = [],
        body: [UInt8]? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(300))
        let content = try await response.body.collect(upTo: 4 << 20)
        return Answer(
            status: Int(response.status.code),
            headers: response.headers,
            body: [UInt8](content.readableBytesView)
        )
    }

    /// Creates an upload; the URL of the answer's Location.
    static func create(_ endpoint: String, length: Int, _ headers: [(String, String)] = []) async throws -> String {
        let answer = try await send("POST", endpoint, [tus, ("Upload-Length", "\(length)")] + headers)
        return answer.header("Location") ?? "answered \(answer.status): \(answer.text)"
    }

    static func head(_ url: String) async throws -> Answer {
        try await send("HEAD", url, [tus])
    }

    static func patch(_ url: String, at offset: Int, _ body: [UInt8]) async throws -> Answer {
        try await send("PATCH", url, [tus, bytes, ("Upload-Offset", "\(offset)")], body: body)
    }

    static func delete(_ url: String) async throws -> Answer {
        try await send("DELETE", url, [tus])
    }

    /// Bytes that differ from position to position.
    static func content(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }
}
