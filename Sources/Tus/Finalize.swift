import HTTPTypes

#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// What turns the bytes of an upload into a file, for a destination that wants to be told.
package struct Finalize: Sendable {
    private let build: @Sendable (URL, String) -> Request?

    /// The request carries a key of the destination, so that a 401 need not be about the grant.
    package let holdsKey: Bool
    /// True when a 2xx answer's body says that the destination has made the file.
    package let describesFile: @Sendable ([UInt8]) -> Bool

    /// What the answer's body calls the file, where later requests need it.
    package let fileID: @Sendable ([UInt8]) -> String?

    /// A finalize as given.
    ///
    /// - Parameters:
    ///   - holdsKey: whether the request carries a key of the destination.
    ///   - describesFile: what a body must say; by default it is a JSON object with an object `file`.
    ///   - fileID: what a body calls the file; by default later requests do not need it.
    ///   - request: the request for a grant's endpoint and token; nil where there can be none.
    package init(
        holdsKey: Bool = false,
        describesFile: @escaping @Sendable ([UInt8]) -> Bool = Self.hasFileObject,
        fileID: @escaping @Sendable ([UInt8]) -> String? = { _ in nil },
        request: @escaping @Sendable (URL, String) -> Request?
    ) {
        self.holdsKey = holdsKey
        self.describesFile = describesFile
        self.fileID = fileID
        build = request
    }

    /// The finalize request.
    ///
    /// - Parameters:
    ///   - endpoint: the `uploadUrl` of the grant.
    ///   - token: the `uploadToken` of the grant.
    /// - Returns: nil when there can be none.
    package func request(endpoint: URL, token: String) -> Request? { build(endpoint, token) }

    /// Wix Media Manager: `PUT {uploadUrl}/{uploadToken}?filename=…` (wix-resumable-upload-api.md).
    ///
    /// It has no custom header and no `Tus-Resumable`: the token in its path authorizes it. A query that the endpoint has
    /// stays, before `filename`.
    package static func wix(filename: String) -> Finalize {
        Finalize { endpoint, token in
            guard var parts = URLComponents(url: endpoint, resolvingAgainstBaseURL: true) else { return nil }
            var path = parts.percentEncodedPath
            while path.hasSuffix("/") { path.removeLast() }
            parts.percentEncodedPath = "\(path)/\(token.percentEncoded)"
            let query = parts.percentEncodedQuery.flatMap { $0.isEmpty ? nil : "\($0)&" } ?? ""
            parts.percentEncodedQuery = "\(query)filename=\(filename.percentEncoded)"
            parts.fragment = nil
            guard let url = parts.url, Origin(url) != nil else { return nil }
            let body = Array("{}".utf8)
            let fields: HTTPFields = [.contentType: "application/json", .contentLength: String(body.count)]
            return Request(step: .finalize, method: .put, url: url, fields: fields, body: .bytes(body))
        }
    }

    /// True when a body is a JSON object with an object `file`.
    package static func hasFileObject(_ body: [UInt8]) -> Bool {
        (try? JSONDecoder().decode(FileAnswer.self, from: Data(body))) != nil
    }

    private struct FileAnswer: Decodable {
        /// Decoding a keyed container fails for anything but an object; what is in it belongs to others.
        struct Anything: Decodable {
            private enum CodingKeys: CodingKey {}

            init(from decoder: any Decoder) throws {
                _ = try decoder.container(keyedBy: CodingKeys.self)
            }
        }

        let file: Anything
    }
}
