/// A JSON document whose texts are templates.
indirect enum JSONTemplate: Sendable {
    case text(Template)
    case object([String: JSONTemplate])
    case array([JSONTemplate])
    case other(JSONValue)

    /// Every template in it.
    var templates: [Template] {
        switch self {
        case .text(let template): [template]
        case .object(let members): members.values.flatMap(\.templates)
        case .array(let items): items.flatMap(\.templates)
        case .other: []
        }
    }

    /// Reads a document, which stands at a place of a configuration.
    init(_ value: JSONValue, _ node: ConfigurationNode, at name: String) throws {
        self =
            switch value {
            case .string(let text): .text(try node.template(text, at: name))
            case .object(let members): .object(try members.mapValues { try JSONTemplate($0, node, at: name) })
            case .array(let items): .array(try items.map { try JSONTemplate($0, node, at: name) })
            default: .other(value)
            }
    }

    /// Fills it in.
    ///
    /// - Throws: `Template.Failure` where a value is missing.
    func value(_ values: [String: String]) throws -> JSONValue {
        switch self {
        case .text(let template): .string(try template.text(values))
        case .object(let members): .object(try members.mapValues { try $0.value(values) })
        case .array(let items): .array(try items.map { try $0.value(values) })
        case .other(let value): value
        }
    }
}
