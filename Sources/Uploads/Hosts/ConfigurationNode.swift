internal import Foundation

/// One object of a configuration, read strictly: what is not asked for is a mistake.
final class ConfigurationNode {
    /// What is wrong, and where.
    struct Mistake: Error {
        var path: String
        var message: String
    }

    let path: String
    private let members: [String: JSONValue]
    private var asked: Set<String> = []

    init(_ value: JSONValue, path: String = "$") throws {
        guard case .object(let members) = value else { throw Mistake(path: path, message: "it is no object") }
        self.members = members
        self.path = path
    }

    /// Fails where a member was never asked for.
    func end() throws {
        guard let stranger = members.keys.filter({ !asked.contains($0) }).min() else { return }
        let known = asked.sorted().joined(separator: ", ")
        throw Mistake(path: "\(path).\(stranger)", message: "this key is not known; known are: \(known)")
    }

    func value(_ name: String) -> JSONValue? {
        asked.insert(name)
        return members[name].flatMap { $0 == .null ? nil : $0 }
    }

    /// Whether a request has neither a body nor a form.
    var isBodiless: Bool { members["body"] == nil && members["form"] == nil }

    /// The names of the members, sorted.
    var memberNames: [String] { members.keys.sorted() }

    /// The names of the members that are `null`, sorted.
    var emptyMembers: [String] { members.filter { $0.value == .null }.keys.sorted() }

    func node(_ name: String) throws -> ConfigurationNode? {
        try value(name).map { try ConfigurationNode($0, path: "\(path).\(name)") }
    }

    /// Every item of a list, each an object.
    func nodes(_ name: String) throws -> [ConfigurationNode] {
        guard let value = value(name) else { return [] }
        guard case .array(let items) = value else { throw mistake(name, "it is no list") }
        return try items.enumerated().map { try ConfigurationNode($1, path: "\(path).\(name)[\($0)]") }
    }

    func text(_ name: String) throws -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.text else { throw mistake(name, "it is no text") }
        return text
    }

    func required<Value>(_ name: String, _ value: Value?) throws -> Value {
        guard let value else { throw mistake(name, "it is missing") }
        return value
    }

    func boolean(_ name: String) throws -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .bool(let boolean) = value else { throw mistake(name, "it is neither true nor false") }
        return boolean
    }

    func integer(_ name: String, in range: ClosedRange<Int64>) throws -> Int64? {
        guard let value = value(name) else { return nil }
        guard case .integer(let number) = value, range ~= number else {
            throw mistake(name, "it is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func texts(_ name: String) throws -> [String: String] {
        guard let value = value(name) else { return [:] }
        guard case .object(let members) = value else { throw mistake(name, "it is no object") }
        return try members.reduce(into: [:]) { texts, member in
            guard let text = member.value.scalarText else { throw mistake("\(name).\(member.key)", "it is no text") }
            texts[member.key] = text
        }
    }

    /// Every member, each a text.
    func allTexts() throws -> [String: String] {
        asked.formUnion(members.keys)
        return try members.reduce(into: [:]) { texts, member in
            guard let text = member.value.scalarText else { throw mistake(member.key, "it is no text") }
            texts[member.key] = text
        }
    }

    func list(_ name: String) throws -> [String]? {
        guard let value = value(name) else { return nil }
        guard case .array(let items) = value else { throw mistake(name, "it is no list") }
        return try items.map { item in
            guard let text = item.text else { throw mistake(name, "it is no list of texts") }
            return text
        }
    }

    func template(_ name: String) throws -> Template? {
        try text(name).map { text in try template(text, at: name) }
    }

    func template(_ text: String, at name: String) throws -> Template {
        do {
            return try Template(text)
        } catch let failure as Template.Failure {
            throw mistake(name, failure.message)
        }
    }

    /// A path; to the whole document only where that can be meant.
    func place(_ name: String, orWhole: Bool = false) throws -> JSONPath? {
        try text(name).map { text in try place(text, at: name, orWhole: orWhole) }
    }

    func place(_ text: String, at name: String, orWhole: Bool = false) throws -> JSONPath {
        guard let place = JSONPath(text), orWhole || !place.isWhole else {
            throw mistake(name, "it is no path such as $.file.id")
        }
        return place
    }

    func answerPlace(_ name: String) throws -> AnswerPlace? {
        try text(name).map { text in try answerPlace(text, at: name) }
    }

    /// Every member of an object, each a place.
    func answerPlaces(_ name: String) throws -> [String: AnswerPlace] {
        let texts = try texts(name)
        return try texts.reduce(into: [:]) { places, text in
            places[text.key] = try answerPlace(text.value, at: "\(name).\(text.key)")
        }
    }

    private func answerPlace(_ text: String, at name: String) throws -> AnswerPlace {
        guard let place = AnswerPlace(text) else {
            throw mistake(name, "it is neither a path such as $.file.id nor header:NAME")
        }
        return place
    }

    func mistake(_ name: String, _ message: String) -> Mistake {
        Mistake(path: "\(path).\(name)", message: message)
    }
}
