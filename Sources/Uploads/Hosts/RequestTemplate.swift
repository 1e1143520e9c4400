internal import Foundation
internal import HTTPTypes
internal import Tus

/// A request to a host's API with places that are filled in for each upload.
struct RequestTemplate: Sendable {
    private let method: HTTPRequest.Method
    private let url: Template
    private let headers: [(name: HTTPField.Name, value: Template)]
    private let body: Body?

    private indirect enum Body: Sendable {
        case text(Template)
        case object([String: Body])
        case array([Body])
        case other(JSONValue)
    }

    /// Every template in it.
    var templates: [Template] { [url] + headers.map(\.value) + (body.map(Self.templates) ?? []) }

    /// Reads `{"method": …, "url": …, "headers": {…}, "body": …}`.
    init(_ node: ConfigurationNode) throws {
        let name = try node.text("method") ?? "GET"
        guard let method = HTTPRequest.Method(name), ["GET", "POST", "PUT", "PATCH"].contains(name) else {
            throw node.mistake("method", "it is none of GET, POST, PUT and PATCH")
        }
        self.method = method
        url = try node.required("url", try node.template("url"))
        headers = try node.texts("headers").sorted { $0.key < $1.key }.map { header in
            guard let name = HTTPField.Name(header.key) else {
                throw node.mistake("headers.\(header.key)", "this is not the name of a header")
            }
            return (name, try node.template(header.value, at: "headers.\(header.key)"))
        }
        body = try node.value("body").map { try Self.body($0, node) }
        try node.end()
    }

    /// The request of an upload.
    ///
    /// - Throws: `Template.Failure` where a value is missing, or what comes of it is no request.
    func request(_ step: Step, _ values: [String: String]) throws -> Tus.Request {
        let text = try url.text(values)
        guard let url = URL(string: text), Origin(url) != nil else {
            throw Template.Failure(message: "the URL of the request is no http or https URL")
        }
        var fields = HTTPFields()
        for header in headers {
            let value = try header.value.text(values)
            guard HTTPField.isValidValue(value) else {
                throw Template.Failure(message: "the header \(header.name) would have an illegal value")
            }
            fields[header.name] = value
        }
        guard let body else { return Tus.Request(step: step, method: method, url: url, fields: fields) }
        let bytes = Array(try Self.value(body, values).compactText.utf8)
        fields[.contentType] = "application/json"
        fields[.contentLength] = String(bytes.count)
        return Tus.Request(step: step, method: method, url: url, fields: fields, body: .bytes(bytes))
    }

    private static func body(_ value: JSONValue, _ node: ConfigurationNode) throws -> Body {
        switch value {
        case .string(let text): .text(try node.template(text, at: "body"))
        case .object(let members): .object(try members.mapValues { try body($0, node) })
        case .array(let items): .array(try items.map { try body($0, node) })
        default: .other(value)
        }
    }

    private static func value(_ body: Body, _ values: [String: String]) throws -> JSONValue {
        switch body {
        case .text(let template): .string(try template.text(values))
        case .object(let members): .object(try members.mapValues { try value($0, values) })
        case .array(let items): .array(try items.map { try value($0, values) })
        case .other(let value): value
        }
    }

    private static func templates(_ body: Body) -> [Template] {
        switch body {
        case .text(let template): [template]
        case .object(let members): members.values.flatMap(templates)
        case .array(let items): items.flatMap(templates)
        case .other: []
        }
    }
}
