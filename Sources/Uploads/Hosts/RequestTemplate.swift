internal import Foundation
internal import HTTPTypes
internal import Tus

/// A request to a host's API with places that are filled in for each upload.
struct RequestTemplate: Sendable {
    private enum Body: Sendable {
        case json(JSONTemplate)
        /// The fields of a form, by name.
        case form([String: Template])
    }

    private let method: HTTPRequest.Method
    let url: Template
    private let headers: [(name: HTTPField.Name, value: Template)]
    private let body: Body?

    /// Every template in it.
    var templates: [Template] {
        let own = [url] + headers.map(\.value)
        return switch body {
        case .json(let document): own + document.templates
        case .form(let fields): own + fields.values
        case nil: own
        }
    }

    /// Reads `{"method": …, "url": …, "headers": {…}, "body": …}`, or with `form` in place of `body`.
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
            guard !DestinationHeader.framesMessages(header.key), node.isBodiless || name != .contentType else {
                throw node.mistake("headers.\(header.key)", "this header is the queue's own to send; leave it out")
            }
            let value = try node.template(header.value, at: "headers.\(header.key)")
            guard value.holdsSecret || !DestinationHeader.carriesCredentials(header.key) else {
                throw node.mistake("headers.\(header.key)", "a secret is not stored; write {secret.NAME}")
            }
            return (name, value)
        }
        let document = try node.value("body").map { try JSONTemplate($0, node, at: "body") }
        let form = try node.node("form").map { form in
            let texts = try form.allTexts()
            return try texts.reduce(into: [:]) { $0[$1.key] = try form.template($1.value, at: $1.key) }
        }
        try node.end()
        guard document == nil || form == nil else { throw node.mistake("form", "a request has no two bodies") }
        if form?.keys.contains(where: { !FormBody.isName($0) }) == true {
            throw node.mistake("form", "the name of a field has only letters, digits, - and _")
        }
        body = document.map { .json($0) } ?? form.map { .form($0) }
    }

    /// The request of an upload.
    ///
    /// - Throws: `Template.Failure` where a value is missing, or what comes of it is no request.
    func request(_ step: Step, _ values: [String: String]) throws -> Tus.Request {
        let text = try self.url.text(values)
        guard let url = URL(string: text), let origin = Origin(url) else {
            throw Template.Failure(message: "the URL of the request is no http or https URL")
        }
        // What an answer had may be a part of the path, but does not lead elsewhere.
        if !self.url.startsWithAnswer {
            let own = try self.url.text(values.merging(self.url.answerNames.map { ($0, "/") }) { $1 })
            guard URL(string: own).flatMap(Origin.init) == origin else {
                throw Template.Failure(message: "what the host answered leads the request to another origin")
            }
        }
        var fields = HTTPFields()
        for header in headers {
            let value = try header.value.text(values)
            guard HTTPField.isValidValue(value) else {
                throw Template.Failure(message: "the header \(header.name) would have an illegal value")
            }
            fields[header.name] = value
        }
        let bytes: [UInt8]
        switch body {
        case nil:
            // RFC 9110, section 8.6: where a body would have a meaning, its absence is told.
            if method == .post || method == .put { fields[.contentLength] = "0" }
            return Tus.Request(step: step, method: method, url: url, fields: fields)
        case .json(let document):
            bytes = Array(try document.value(values).compactText.utf8)
            fields[.contentType] = "application/json"
        case .form(let templates):
            let form = FormBody(try templates.mapValues { try $0.text(values) })
            bytes = form.bytes
            fields[.contentType] = form.contentType
        }
        fields[.contentLength] = String(bytes.count)
        return Tus.Request(step: step, method: method, url: url, fields: fields, body: .bytes(bytes))
    }
}
