import HTTPTypes

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Takes secrets out of text that a server sent.
///
/// A server may echo a token, whole or cut; so a secret is found by its beginning and removed as far as it goes.
struct Redaction: Sendable {
    /// The length of the beginning that gives a secret away; shorter secrets are matched whole.
    private static let telling = 12
    /// Values shorter than this are ordinary words, not secrets.
    private static let shortest = 6

    private let secrets: [[UInt8]]

    /// - Parameters:
    ///   - secrets: tokens and secret URLs, as they are.
    ///   - headers: header fields whose values are secret, with and without their first word (`Bearer`).
    init(secrets: [String], headers: HTTPFields) {
        let values = headers.flatMap { field in
            [field.value, field.value.split(separator: " ", maxSplits: 1).last.map(String.init) ?? ""]
        }
        let encoded = secrets.map(\.percentEncoded) + secrets.map { Data($0.utf8).base64EncodedString() }
        self.secrets = (secrets + encoded + values)
            .map { Array($0.utf8) }
            .filter { $0.count >= Self.shortest }
    }

    func callAsFunction(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var kept: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let secretLength = secrets.map { matchLength($0, in: bytes, at: position) }.max() ?? 0
            if secretLength > 0 {
                kept += Array("[redacted]".utf8)
                position += secretLength
            } else {
                kept.append(bytes[position])
                position += 1
            }
        }
        return String(decoding: kept, as: UTF8.self)
    }

    private func matchLength(_ secret: [UInt8], in bytes: [UInt8], at position: Int) -> Int {
        var length = 0
        while length < secret.count, position + length < bytes.count, bytes[position + length] == secret[length] {
            length += 1
        }
        return length >= min(Self.telling, secret.count) ? length : 0
    }
}
