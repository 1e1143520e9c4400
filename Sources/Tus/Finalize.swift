import HTTPTypes

#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// What turns the bytes of an upload into a file, for a destination that wants to be told.
package enum Finalize: Sendable, Equatable {
    /// Wix Media Manager: `PUT {uploadUrl}/{uploadToken}?filename=…` (wix-resumable-upload-api.md).
    case wix(filename: String)

    /// The finalize request; it has no custom header and no `Tus-Resumable`: the token in its path authorizes it.
    ///
    /// - Parameters:
    ///   - endpoint: the `uploadUrl` of the grant; a query that it has stays, before `filename`.
    ///   - token: the `uploadToken` of the grant.
    /// - Returns: nil when the endpoint is no URL that a path can be added to.
    package func request(endpoint: URL, token: String) -> Request? {
        guard
            case .wix(let filename) = self,
            var parts = URLComponents(url: endpoint, resolvingAgainstBaseURL: true)
        else { return nil }
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

    /// True when a 2xx answer's body is a JSON object with an object `file`: the destination has made the file.
    package static func describesFile(_ body: [UInt8]) -> Bool {
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
