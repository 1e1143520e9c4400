import HTTPTypes
import SystemPackage

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// An answer before it is written.
struct Reply: Sendable {
    enum Body: Sendable {
        case none
        case text(String)
        /// Encoded JSON.
        case bytes([UInt8])
        /// The first `size` bytes of a file.
        case file(FilePath, size: Int64)

        /// `value` as JSON with sorted keys.
        static func json(_ value: some Encodable) -> Body {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let bytes = try? encoder.encode(value)
            return bytes.map { Body.bytes([UInt8]($0)) } ?? Body.none
        }
    }

    var status: HTTPResponse.Status
    var headers: HTTPFields = [:]
    var body = Body.none
}

/// What comes of a request: an answer, or a closed connection.
enum Outcome: Sendable {
    case reply(Reply)
    case hangUp
}

/// A request is refused with this answer.
struct Rejection: Error {
    let reply: Reply

    init(_ reply: Reply) {
        self.reply = reply
    }

    init(_ status: HTTPResponse.Status, _ body: Reply.Body) {
        reply = Reply(status: status, body: body)
    }

    /// A refusal with one line of text.
    init(_ status: HTTPResponse.Status, _ text: String) {
        self.init(status, .text(text + "\n"))
    }
}

extension HTTPResponse.Status {
    /// RFC 4918: what tus servers say when another request holds the upload.
    static var locked: Self { Self(code: 423, reasonPhrase: "Locked") }
}
