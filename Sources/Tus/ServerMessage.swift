#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a server's error body says: text for people and, from Wix, an application code.
struct ServerMessage: Sendable, Equatable {
    /// Bodies are read up to here.
    private static let longestBody = 8 * 1_024
    /// Messages are cut to this many characters.
    private static let longestText = 300

    /// `details.applicationError.code` of a Wix error; nil elsewhere.
    let applicationCode: String?
    /// One line, cut; empty when the body says nothing.
    let text: String

    init(body: [UInt8], redaction: @autoclosure () -> Redaction) {
        guard !body.isEmpty else {
            applicationCode = nil
            text = ""
            return
        }
        let body = body.prefix(Self.longestBody)
        let error = try? JSONDecoder().decode(ErrorBody.self, from: Data(body))
        // A code stands in messages and decides what to do, so only something that looks like one counts.
        applicationCode = error?.applicationCode.flatMap { code in
            let isCode = code.utf8.allSatisfy { byte in
                UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || byte == UInt8(ascii: "_")
            }
            return isCode && 1...64 ~= code.utf8.count ? code : nil
        }
        let raw = error?.text ?? String(decoding: body, as: UTF8.self)
        text = String(Self.oneLine(redaction()(raw)).prefix(Self.longestText))
    }

    private static func oneLine(_ text: String) -> String {
        text.split { character in
            character.isWhitespace || character.unicodeScalars.allSatisfy { $0.properties.generalCategory == .control }
        }
        .joined(separator: " ")
    }

    /// The parts of an error body that are read; each may be missing or of another type.
    private struct ErrorBody: Decodable {
        private enum Keys: CodingKey {
            case message
            case details
            case applicationError
            case code
            case description
            case validationError
            case fieldViolations
        }

        private struct FieldViolation: Decodable {
            let field: String
            let description: String?
        }

        let applicationCode: String?
        let text: String?

        init(from decoder: any Decoder) throws {
            let body = try decoder.container(keyedBy: Keys.self)
            let details = try? body.nestedContainer(keyedBy: Keys.self, forKey: .details)
            let error = try? details?.nestedContainer(keyedBy: Keys.self, forKey: .applicationError)
            applicationCode = try? error?.decode(String.self, forKey: .code)
            let description = try? error?.decode(String.self, forKey: .description)
            let message = try? body.decode(String.self, forKey: .message)
            let validation = try? details?.nestedContainer(keyedBy: Keys.self, forKey: .validationError)
            let violations = try? validation?.decode([FieldViolation].self, forKey: .fieldViolations)
            let main = [message, description].compactMap(\.self).first { !$0.isEmpty }
            // Many messages tell of the field already.
            let fields = (violations ?? []).filter { main?.contains($0.field) != true }
            let parts = [main].compactMap(\.self) + fields.map { "\($0.field) \($0.description ?? "is wrong")" }
            text = parts.isEmpty ? nil : parts.joined(separator: "; ")
        }
    }
}
