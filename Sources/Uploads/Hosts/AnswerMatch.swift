internal import Tus

/// Which answers of a host are meant: those of a status, and where a path is given, with a text there in their body.
struct AnswerMatch: Sendable {
    let status: Int64
    let path: JSONPath?
    private let value: String?

    /// Reads `status`, `path` and `value`.
    init(_ node: ConfigurationNode, statuses: ClosedRange<Int64>) throws {
        status = try node.required("status", try node.integer("status", in: statuses))
        path = try node.place("path")
        value = try node.text("value")
        guard (path == nil) == (value == nil) else { throw node.mistake("path", "path and value come together") }
    }

    func covers(_ answer: Answer) -> Bool {
        guard answer.status == Int(status) else { return false }
        return path.map { JSONValue(answer.body).flatMap($0.value(in:))?.scalarText == value } ?? true
    }
}
