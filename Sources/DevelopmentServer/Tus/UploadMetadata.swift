#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A well-formed `Upload-Metadata` header.
struct UploadMetadata: Sendable {
    /// Decoded values by key.
    let values: [String: Data]

    /// Reads the header; nil when it breaks a rule of the creation extension.
    init?(_ header: String) {
        var values: [String: Data] = [:]
        for pair in header.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.drop { $0 == " " }.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = parts.first, !key.isEmpty, key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                return nil
            }
            guard let value = Data(base64Encoded: parts.count == 2 ? String(parts[1]) : "") else { return nil }
            guard values.updateValue(value, forKey: String(key)) == nil else { return nil }
        }
        self.values = values
    }

    /// The value of `key` as text; nil when there is none or it is not UTF-8.
    func text(_ key: String) -> String? {
        values[key].flatMap { String(bytes: $0, encoding: .utf8) }
    }
}
