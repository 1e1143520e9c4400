internal import Foundation

/// A text with places that are filled in for each upload: `{file.name}`, `{mint.token|percent}`.
///
/// Substitution and the three filters are all there is; `{{` and `}}` stand for braces.
struct Template: Sendable, Equatable {
    /// What is done to a value before it is put in.
    enum Filter: String, Sendable {
        /// Percent-encoded for a part of a path or query (RFC 3986, unreserved characters stay).
        case percent
        /// Base64 of its UTF-8 (RFC 4648, section 4).
        case base64
        /// A JSON string with its quotes.
        case json
    }

    /// Why a text is no template, or one cannot be filled in.
    struct Failure: Error, Equatable {
        var message: String
    }

    private enum Part: Sendable, Equatable {
        case text(String)
        case value(name: String, filter: Filter?)
    }

    private let parts: [Part]

    /// The names that it refers to.
    var names: [String] {
        parts.compactMap { if case .value(let name, _) = $0 { name } else { nil } }
    }

    /// Whether it starts with the value of a place, of which nothing else can be told.
    var startsWithAnswer: Bool {
        guard case .value(let name, _) = parts.first else { return false }
        return answerNames.contains(name)
    }

    /// The names that stand for what a host answered.
    var answerNames: [String] { names.filter { $0.hasPrefix("mint.") || $0.hasPrefix("host.") } }

    /// Whether a secret, or what is made of one, is put in.
    var holdsSecret: Bool { names.contains { $0.hasPrefix("secret.") || $0.hasPrefix("derived.") } }

    /// Reads a text.
    ///
    /// - Throws: ``Failure`` where a brace or a filter is wrong.
    init(_ text: String) throws {
        var parts: [Part] = []
        var literal = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                literal.append(rest.removeFirst())
            case "{":
                guard let end = rest.firstIndex(of: "}") else { throw Failure(message: "a { has no }") }
                parts += [.text(literal), try Self.place(rest[..<end])]
                literal = ""
                rest = rest[rest.index(after: end)...]
            case "}":
                throw Failure(message: "a } has no {")
            default:
                literal.append(character)
            }
        }
        self.parts = (parts + [.text(literal)]).filter { $0 != .text("") }
    }

    /// Fills it in.
    ///
    /// - Throws: ``Failure`` where a value is missing.
    func text(_ values: [String: String]) throws -> String {
        try parts.map { part in
            switch part {
            case .text(let text): return text
            case .value(let name, let filter):
                guard let value = values[name] else { throw Failure(message: "{\(name)} has no value") }
                return Self.apply(filter, to: value)
            }
        }.joined()
    }

    /// The template of a text that has no places.
    static func literal(_ text: String) -> String {
        text.replacing("{", with: "{{").replacing("}", with: "}}")
    }

    private static func place(_ text: Substring) throws -> Part {
        let words = text.split(separator: "|", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        guard let name = words.first, !name.isEmpty, words.count <= 2 else {
            throw Failure(message: "{\(text)} is not {name} or {name|filter}")
        }
        guard words.count == 2 else { return .value(name: name, filter: nil) }
        guard let filter = Filter(rawValue: words[1]) else {
            throw Failure(message: "{\(text)}: there is no filter \(words[1]); use percent, base64 or json")
        }
        return .value(name: name, filter: filter)
    }

    private static func apply(_ filter: Filter?, to value: String) -> String {
        switch filter {
        case nil: value
        case .percent: value.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
        case .base64: Data(value.utf8).base64EncodedString()
        case .json: JSONValue.string(value).compactText
        }
    }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    )
}
