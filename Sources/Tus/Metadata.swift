#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The ordered pairs of `Upload-Metadata` (tus 1.0.0, creation extension).
package struct Metadata: Sendable, Equatable {
    /// One pair: a key of visible ASCII without a comma, and any text.
    package struct Pair: Sendable, Equatable {
        /// Non-empty, visible ASCII without a comma.
        package let key: String
        /// Any text, also none.
        package let value: String

        /// A pair as given; `Metadata` checks it.
        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// The most bytes that the encoded field may have: 32 KiB.
    package static let longestField = 32 * 1_024

    /// The pairs in the order of the field.
    package let pairs: [Pair]
    /// The field value; nil when there are no pairs: then the field is left out (some servers refuse an empty one).
    package let encoded: String?

    /// No pairs.
    package static let none = Metadata()

    private init() {
        pairs = []
        encoded = nil
    }

    /// Checks and encodes the pairs.
    ///
    /// - Throws: `metadata_invalid` when a key is empty, repeated or has a character other than visible ASCII without
    ///   the comma, or when the encoded field is over 32 KiB.
    package init(_ pairs: [Pair]) throws(Problem) {
        var keys: Set<String> = []
        for pair in pairs {
            let isValid = pair.key.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != UInt8(ascii: ",") }
            guard isValid, !pair.key.isEmpty else {
                throw Self.invalid(
                    "The metadata key \(Self.quoted(pair.key)) is not allowed: "
                        + "keys are visible ASCII characters without space and comma."
                )
            }
            guard keys.insert(pair.key).inserted else {
                throw Self.invalid("The metadata key \(Self.quoted(pair.key)) is there twice: name each key once.")
            }
        }
        let fields = pairs.map { pair in
            pair.value.isEmpty ? pair.key : "\(pair.key) \(Data(pair.value.utf8).base64EncodedString())"
        }
        let field = fields.joined(separator: ",")
        guard field.utf8.count <= Self.longestField else {
            throw Self.invalid(
                "The metadata is \(field.utf8.count) bytes long as a header field: use at most \(Self.longestField)."
            )
        }
        self.pairs = pairs
        self.encoded = pairs.isEmpty ? nil : field
    }

    /// Reads a field value.
    ///
    /// - Parameter field: the value of `Upload-Metadata`; an empty one has no pairs.
    /// - Throws: `metadata_invalid` when a pair is malformed, a value is not base64 of UTF-8, or the pairs break the
    ///   rules of `init(_:)`.
    package init(decoding field: String) throws(Problem) {
        guard field.utf8.count <= Self.longestField else {
            throw Self.invalid("The Upload-Metadata field is \(field.utf8.count) bytes long: it is not read.")
        }
        var pairs: [Pair] = []
        let isEmpty = field.allSatisfy { $0 == " " || $0 == "\t" }
        for element in isEmpty ? [] : field.split(separator: ",", omittingEmptySubsequences: false) {
            let words = element.split { $0 == " " || $0 == "\t" }
            guard 1...2 ~= words.count else {
                throw Self.invalid("The Upload-Metadata pair \(Self.quoted(element)) is not a key and a value.")
            }
            guard words.count == 2 else {
                pairs.append(Pair(key: String(words[0]), value: ""))
                continue
            }
            guard
                let bytes = Data(base64Encoded: String(words[1])),
                let value = String(validating: bytes, as: UTF8.self)
            else {
                throw Self.invalid("The value of the Upload-Metadata key \(Self.quoted(words[0])) is not base64 text.")
            }
            pairs.append(Pair(key: String(words[0]), value: value))
        }
        try self.init(pairs)
    }

    private static func quoted(_ text: some StringProtocol) -> String {
        "\"\(String(text.prefix(64)))\""
    }

    private static func invalid(_ message: String) -> Problem {
        Problem(.metadataInvalid, message)
    }
}
