internal import Crypto
internal import Foundation

/// A text that is made of others for each upload: a JSON document, or a signature (FIPS 180-4; RFC 2104).
struct DerivedText: Sendable {
    private enum Form: Sendable {
        case json(JSONTemplate)
        /// SHA-256, in lower-case hexadecimal.
        case sha256(Template)
        /// HMAC with SHA-384, in lower-case hexadecimal.
        case hmacSHA384(Template, key: Template)
    }

    private let form: Form

    /// Every template in it.
    var templates: [Template] {
        switch form {
        case .json(let document): document.templates
        case .sha256(let text): [text]
        case .hmacSHA384(let text, let key): [text, key]
        }
    }

    /// Reads `{"NAME": {"json": …}, "NAME": {"sha256": …}, "NAME": {"hmacSHA384": …, "key": …}}`.
    static func all(_ node: ConfigurationNode) throws -> [String: DerivedText] {
        try node.memberNames.reduce(into: [:]) { texts, name in
            let member = try node.required(name, try node.node(name))
            let json = try member.value("json").map { try JSONTemplate($0, member, at: "json") }
            let sha256 = try member.template("sha256")
            let hmac = try member.template("hmacSHA384")
            let key = try member.template("key")
            try member.end()
            switch (json, sha256, hmac, key) {
            case (let json?, nil, nil, nil): texts[name] = DerivedText(form: .json(json))
            case (nil, let text?, nil, nil): texts[name] = DerivedText(form: .sha256(text))
            case (nil, nil, let text?, let key?): texts[name] = DerivedText(form: .hmacSHA384(text, key: key))
            default: throw node.mistake(name, "it is none of json, sha256, and hmacSHA384 with key")
            }
        }
    }

    /// Fills it in.
    ///
    /// - Throws: `Template.Failure` where a value is missing.
    func text(_ values: [String: String]) throws -> String {
        switch form {
        case .json(let document):
            try document.value(values).compactText
        case .sha256(let text):
            SHA256.hash(data: Data(try text.text(values).utf8)).hexadecimal
        case .hmacSHA384(let text, let key):
            HMAC<SHA384>.authenticationCode(
                for: Data(try text.text(values).utf8),
                using: SymmetricKey(data: Data(try key.text(values).utf8))
            ).hexadecimal
        }
    }

    /// Adds to the values what can be derived of them.
    static func add(_ derived: [String: DerivedText], to values: inout [String: String]) throws {
        for _ in derived {
            for (name, text) in derived where values["derived.\(name)"] == nil {
                guard text.templates.flatMap(\.names).allSatisfy({ values[$0] != nil }) else { continue }
                values["derived.\(name)"] = try text.text(values)
            }
        }
    }
}
