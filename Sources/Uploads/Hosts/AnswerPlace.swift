internal import HTTPTypes
internal import Tus

/// Where an answer has a value: `$.video.id` in its JSON body, or `header:Location`.
enum AnswerPlace: Sendable, Equatable {
    case body(JSONPath)
    case header(HTTPField.Name)

    /// Reads a text; nil where it is none of these forms.
    init?(_ text: String) {
        if text.hasPrefix("header:") {
            guard let name = HTTPField.Name(String(text.dropFirst("header:".count))) else { return nil }
            self = .header(name)
        } else {
            guard let path = JSONPath(text), !path.isWhole else { return nil }
            self = .body(path)
        }
    }

    /// What is there; nil where there is nothing, or no single text.
    func text(in answer: Answer) -> String? {
        switch self {
        case .body(let path):
            JSONValue(answer.body).flatMap(path.value(in:))?.scalarText
        case .header(let name):
            answer.fields[values: name].count == 1 ? answer.fields[name] : nil
        }
    }
}
