internal import Foundation

/// What a host's API returned for uploading one file: Wix's GenerateFileResumableUploadUrl response.
///
/// It stands in for an API key: with it the queue can upload and finalize that file, and nothing else. Where it has
/// expired or was used already, the upload fails as `grant_expired`.
public struct Grant: Sendable, Equatable {
    /// Where the upload is created.
    public var uploadURL: String
    /// The secret that authorizes it; it is erased from the queue when the upload completes or is cancelled.
    public var uploadToken: String

    /// A grant from its two parts.
    ///
    /// - Parameters:
    ///   - uploadURL: The field `uploadUrl`, http or https.
    ///   - uploadToken: The field `uploadToken`, 1 to 16,384 characters.
    /// - Throws: ``UploadQueueError`` `invalid_grant`.
    public init(uploadURL: String, uploadToken: String) throws {
        guard let uploadURL = try? Destination.url(uploadURL) else {
            throw UploadQueueError(.invalidGrant, "the grant's uploadUrl is not an http or https URL")
        }
        guard 1...16384 ~= uploadToken.utf8.count, uploadToken.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw UploadQueueError(.invalidGrant, "the grant's uploadToken is not a token of 1 to 16,384 characters")
        }
        self.uploadURL = uploadURL
        self.uploadToken = uploadToken
    }

    /// A grant from the host's answer.
    ///
    /// - Parameter response: The JSON text of the answer; fields that are not known are ignored.
    /// - Throws: ``UploadQueueError`` `invalid_grant` when it is not JSON or lacks `uploadUrl` or `uploadToken`; the message
    ///   tells what a ``WixError`` in its place says.
    public init(response: String) throws {
        struct Fields: Decodable {
            var uploadUrl: String
            var uploadToken: String
        }
        guard response.utf8.count <= 1 << 20,
            let fields = try? JSONDecoder().decode(Fields.self, from: Data(response.utf8))
        else {
            if let refusal = try? WixError(response: response) {
                throw UploadQueueError(.invalidGrant, "this is no grant: Wix refused to give one (\(refusal.summary))")
            }
            throw UploadQueueError(
                .invalidGrant,
                "this is not a grant: a JSON object with uploadUrl and uploadToken, as Wix's "
                    + "generate-resumable-upload-url answers"
            )
        }
        try self.init(uploadURL: fields.uploadUrl, uploadToken: fields.uploadToken)
    }

    /// When the token says that it ends, where it is a JSON Web Token (RFC 7519, `exp`).
    ///
    /// Only told, never relied on.
    var expiresAt: Date? { Self.expiry(of: uploadToken) }

    /// When a JSON Web Token says that it ends; nil for any other token.
    static func expiry(of token: String) -> Date? {
        let seconds: Double? =
            switch claims(of: token)?["exp"] {
            case .integer(let value): Double(value)
            case .number(let value): value
            default: nil
            }
        // The times that the row can hold; some tokens say the year 9999 for never.
        guard let seconds, 0..<32_503_680_000 ~= seconds else { return nil }
        return Date(timeIntervalSince1970: seconds)
    }

    /// What a JSON Web Token says, unverified; nil for any other token.
    static func claims(of token: String) -> [String: JSONValue]? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var text = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        guard let data = Data(base64Encoded: text), case .object(let claims) = JSONValue(Array(data)) else {
            return nil
        }
        return claims
    }
}
