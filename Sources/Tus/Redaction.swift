import HTTPTypes

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Takes secrets out of text that a server sent.
///
/// A server may echo any part of a token or a URL; so every run of a secret's bytes that is long enough to tell it is
/// removed, wherever it begins.
struct Redaction: Sendable {
    /// Twelve bytes in a row, as numbers that can be looked up.
    private struct Window: Hashable {
        static let length = 12

        var first: UInt64 = 0
        var last: UInt32 = 0

        mutating func push(_ byte: UInt8) {
            first = first << 8 | UInt64(last >> 24)
            last = last << 8 | UInt32(byte)
        }

        /// Those in a text, by where they begin.
        static func all(in bytes: [UInt8]) -> [Window] {
            var window = Window()
            return bytes.enumerated().compactMap { index, byte in
                window.push(byte)
                return index >= length - 1 ? window : nil
            }
        }
    }

    /// Values shorter than this are ordinary words, not secrets.
    private static let shortest = 6
    /// What stands in the place of a secret.
    private static let mark = Array("[redacted]".utf8)

    private let secrets: [[UInt8]]

    /// - Parameters:
    ///   - secrets: tokens and secret URLs, as they are.
    ///   - headers: header fields whose values are secret, with and without their first word (`Bearer`).
    init(secrets: [String], headers: HTTPFields) {
        let values = headers.flatMap { field in
            [field.value, field.value.split(separator: " ", maxSplits: 1).last.map(String.init) ?? ""]
        }
        let inBase64 = secrets.map { Data($0.utf8).base64EncodedString() }
        let parts = secrets.flatMap { SecretURL($0)?.parts ?? [$0] }
        self.secrets = (parts + parts.map(\.percentEncoded) + inBase64 + values)
            .map { Array($0.utf8) }
            .filter { $0.count >= Self.shortest }
    }

    /// A text without every part that tells of a secret; a slash that is escaped as in JSON is one without.
    func callAsFunction(_ text: String) -> String {
        let bytes = Array(text.utf8).replacing(Array(#"\/"#.utf8), with: Array("/".utf8))
        var isSecret = Array(repeating: false, count: bytes.count)
        let known = Set(secrets.flatMap(Window.all))
        for (start, window) in Window.all(in: bytes).enumerated() where known.contains(window) {
            for index in start..<(start + Window.length) { isSecret[index] = true }
        }
        for secret in secrets where secret.count < Window.length {
            for range in bytes.ranges(of: secret) { for index in range { isSecret[index] = true } }
        }
        var kept: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if !isSecret[index] { kept.append(byte) } else if index == 0 || !isSecret[index - 1] { kept += Self.mark }
        }
        return String(decoding: kept, as: UTF8.self)
    }
}
