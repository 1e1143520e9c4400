/// A place in a JSON document: `$.file.id`, `$.files[0].id` (RFC 9535, names and indices only).
struct JSONPath: Sendable, Equatable {
    private enum Step: Sendable, Equatable {
        case name(String)
        case index(Int)
    }

    private let steps: [Step]

    /// Whether it names the document and no member of it.
    var isWhole: Bool { steps.isEmpty }

    /// Reads a path; nil where it is none of this form.
    init?(_ text: String) {
        guard text.first == "$" else { return nil }
        var steps: [Step] = []
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            switch character {
            case ".":
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty else { return nil }
                steps.append(.name(String(name)))
                rest = rest.dropFirst(name.count)
            case "[":
                let digits = rest.prefix { $0 != "]" }
                guard digits.allSatisfy(\.isNumber), let index = Int(digits), rest.dropFirst(digits.count).first == "]"
                else { return nil }
                steps.append(.index(index))
                rest = rest.dropFirst(digits.count + 1)
            default:
                return nil
            }
        }
        self.steps = steps
    }

    /// What is there; nil where there is nothing.
    func value(in document: JSONValue) -> JSONValue? {
        var value = document
        for step in steps {
            switch (step, value) {
            case (.name(let name), .object(let members)):
                guard let member = members[name] else { return nil }
                value = member
            case (.index(let index), .array(let items)):
                guard items.indices.contains(index) else { return nil }
                value = items[index]
            default:
                return nil
            }
        }
        return value
    }
}
