internal import Foundation

/// Names and values as a JSON object, the form that the database keeps them in.
enum JSONObject {
    static func encode(_ values: [String: String]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(values)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// Nil where a hand wrote something else; numbers and booleans are taken as their text.
    static func decode(_ text: String) -> [String: String]? {
        try? JSONDecoder().decode([String: Scalar].self, from: Data(text.utf8)).mapValues(\.text)
    }

    private struct Scalar: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(String.self) {
                text = value
            } else if let value = try? container.decode(Bool.self) {
                text = String(value)
            } else if let value = try? container.decode(Int64.self) {
                text = String(value)
            } else {
                text = String(try container.decode(Double.self))
            }
        }
    }
}
