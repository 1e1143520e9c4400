import Crypto

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A minted upload token: shaped like Wix's JWT, over 3,000 characters of `A-Z a-z 0-9 - _ .`.
struct UploadToken: Sendable {
    /// Bound on tokens that are looked at.
    private static let bound = 8 << 10

    private struct Header: Codable {
        var alg = "HS256"
        var typ = "JWT"
    }

    private struct Payload: Codable {
        let iss: String
        let iat: Int64
        let exp: Int64
        let jti: String
        let `protocol`: String
        let path: String
        let callbackToken: String
    }

    /// The token's text.
    let text: String

    /// SHA-256 of the text, hexadecimal: what is stored.
    var digest: String {
        SHA256.hash(data: Data(text.utf8)).map(UploadFolder.hexadecimal).joined()
    }

    /// The grant that the token claims to belong to; nil when it is no token of ours.
    var grant: String? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.bound, parts.count == 3 else { return nil }
        var base64 = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard let json = Data(base64Encoded: String(base64)) else { return nil }
        return try? JSONDecoder().decode(Payload.self, from: json).jti
    }

    /// A token that came with a request.
    init(_ text: String) {
        self.text = text
    }

    /// A new token.
    ///
    /// - Parameters:
    ///   - grant: the grant it belongs to.
    ///   - fileID: the file id that finalize will answer with.
    ///   - issued: seconds since 1970.
    ///   - expires: seconds since 1970.
    /// - Throws: when the payload cannot be encoded.
    init(grant: String, fileID: String, issued: Double, expires: Double) throws {
        // 1,200 random bytes, twice encoded, bring the token to the size of Wix's sample.
        let filler = (0..<75).map { _ in UploadFolder.newIdentifier() }.joined()
        let payload = Payload(
            iss: "development-server",
            iat: Int64(issued),
            exp: Int64(expires),
            jti: grant,
            protocol: "tus",
            path: "media/\(fileID)",
            callbackToken: filler
        )
        let parts = [
            try JSONEncoder().encode(Header()),
            try JSONEncoder().encode(payload),
            Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }),
        ]
        text = parts.map(Self.base64URL).joined(separator: ".")
    }

    private static func base64URL(_ data: Data) -> String {
        data.base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
