internal import Foundation
internal import HTTPTypes
internal import Tus

/// A configuration, read: the requests to a host's API, and where their answers have what is wanted.
struct HostSteps: Sendable {
    /// How a grant is got.
    struct Mint: Sendable {
        var request: RequestTemplate
        /// Where the answer has the URL at which the upload is created; nil where that is always the same.
        var endpoint: AnswerPlace?
        /// What authorizes the upload, or names it at the host; nil where the URL of the upload does.
        var token: AnswerPlace?
        /// Where the answer has the URL of an upload that the host created itself.
        var uploadURL: AnswerPlace?
        /// What else later requests need, by name.
        var values: [String: AnswerPlace]
        /// The claim of the token, a JSON Web Token, whose last path component is the file's id.
        var fileIDClaim: String?
        /// Seconds after which a grant is not used for a new upload.
        var expiresAfter: Int64?
        /// The most mints a minute, of all uploads of the destination.
        var perMinute: Int64?
    }

    /// What is asked after the last byte.
    struct Finalize: Sendable {
        var request: RequestTemplate
        /// What an answer must have.
        var file: JSONPath
        var fileID: JSONPath?
    }

    /// How the host is asked for the file.
    struct Question: Sendable {
        var request: RequestTemplate
        /// Where the answer has the file's state; nil where the answer itself says that it is ready.
        var status: JSONPath?
        var ready: [String]
        var failed: [String]
        /// What only the answer about a file that failed has.
        var failure: JSONPath?
        var size: JSONPath?
        /// Where the answer has the MD5 of the file, in hexadecimal; nil where it is not compared.
        var md5: JSONPath?
        /// What else than 404 and 410 says that there is no such file.
        var absent: AnswerMatch?
        /// What the answer has where the file is the one of the upload, by place.
        var match: [(path: JSONPath, value: Template)]
        /// Whether an upload completes only when the file is ready.
        var waits: Bool
        var interval: Int64
        var polls: Int64
    }

    var endpoint: Template?
    /// Headers of every request to the endpoint's own origin.
    var headers: [String: Template]
    /// What `{config.NAME}` stands for.
    var values: [String: String]
    /// What `{secret.NAME}` stands for: references such as `env:NAME`.
    var secrets: [String: String]
    /// What `{derived.NAME}` stands for.
    var derived: [String: DerivedText]
    /// Seconds that `{expiry.…}` is ahead.
    var expiry: Int64
    var metadata: [String: Template]?
    var chunk: ChunkRule
    var mint: Mint?
    /// What later requests need of the answer to the creation, by name.
    var created: [String: AnswerPlace]
    var finalize: Finalize?
    var question: Question?
    var rules: [AnswerRule]
    var takesEmptyFiles: Bool
    var maximumSize: Int64?

    /// The names of the values that are kept of answers.
    var captured: Set<String> { Set(created.keys).union(mint?.values.keys ?? [:].keys) }

    init(_ root: ConfigurationNode) throws {
        guard try root.integer("version", in: 1...Int64.max) == 1 else {
            throw root.mistake("version", "this program knows version 1")
        }
        values = try Self.values(root)
        var secrets = try Self.secrets(root)
        derived = try root.node("derived").map(DerivedText.all) ?? [:]
        expiry = try root.integer("expiry", in: 60...31_536_000) ?? 86_400
        endpoint = try root.template("endpoint")
        headers = try root.node("headers").map { try Self.headers($0, &secrets) } ?? [:]
        self.secrets = secrets
        metadata = try root.node("metadata").map(Self.metadata)
        chunk = try ChunkRule(try root.node("chunk"))
        mint = try root.node("mint").map(Self.mint)
        let create = try root.node("create")
        created = try create?.answerPlaces("values") ?? [:]
        try create?.end()
        finalize = try root.node("finalize").map(Self.finalize)
        question = try root.node("file").map(Self.question)
        rules = try root.nodes("errors").map(AnswerRule.init)
        let limits = try root.node("limits")
        takesEmptyFiles = try limits?.boolean("empty") ?? true
        maximumSize = try limits?.integer("maximumSize", in: 0...Int64.max)
        try limits?.end()
        try root.end()
        try checkParts(root)
        try checkNames(root)
        try checkURLs(root)
    }

    /// What belongs together is there together.
    private func checkParts(_ root: ConfigurationNode) throws {
        let isMinted = mint?.endpoint != nil || mint?.uploadURL != nil
        guard isMinted != (endpoint != nil) else {
            throw root.mistake("endpoint", "either endpoint or mint says where uploads are created")
        }
        guard mint?.endpoint == nil || mint?.uploadURL == nil else {
            throw root.mistake("mint.uploadURL", "an upload that exists is not created at an endpoint")
        }
        guard mint == nil || mint?.token != nil || mint?.uploadURL != nil else {
            throw root.mistake("mint.token", "it is missing")
        }
        guard headers.isEmpty || endpoint != nil else {
            throw root.mistake("headers", "they go to the endpoint that is told here, and there is none")
        }
        guard created.isEmpty || mint?.uploadURL == nil else {
            throw root.mistake("create", "an upload that exists is not created")
        }
        guard finalize == nil || mint != nil else { throw root.mistake("finalize", "it needs a mint") }
    }
}

extension HostSteps {
    private static func values(_ root: ConfigurationNode) throws -> [String: String] {
        guard let node = try root.node("values") else { return [:] }
        if let missing = node.emptyMembers.first { throw node.mistake(missing, "it has no value yet; give it one") }
        return try node.allTexts()
    }

    private static func secrets(_ root: ConfigurationNode) throws -> [String: String] {
        try root.texts("secrets").reduce(into: [:]) { secrets, secret in
            guard Secret.isReference(secret.value) else {
                throw root.mistake(
                    "secrets.\(secret.key)",
                    "it is not env:NAME or provider:NAME; a secret itself is never stored"
                )
            }
            secrets[secret.key] = secret.value
        }
    }

    /// A header whose whole value is a reference is one of a secret of its own.
    private static func headers(
        _ node: ConfigurationNode,
        _ secrets: inout [String: String]
    ) throws -> [String: Template] {
        var headers: [String: Template] = [:]
        for (name, value) in try node.allTexts() {
            let isReference = Secret.isReference(value)
            if isReference { secrets["headers.\(name)"] = value }
            let template = try node.template(isReference ? "{secret.headers.\(name)}" : value, at: name)
            do {
                try DestinationHeader.check(name, value: template.holdsSecret ? "env:SECRET" : value)
            } catch let error as UploadQueueError {
                throw node.mistake(name, error.message)
            }
            headers[name] = template
        }
        return headers
    }

    private static func metadata(_ node: ConfigurationNode) throws -> [String: Template] {
        let values = try node.allTexts()
        return try values.reduce(into: [:]) { templates, pair in
            do {
                _ = try Metadata([.init(key: pair.key, value: "")])
            } catch let problem as Problem {
                throw node.mistake(pair.key, problem.message)
            }
            templates[pair.key] = try node.template(pair.value, at: pair.key)
        }
    }

    private static func mint(_ node: ConfigurationNode) throws -> Mint {
        let mint = Mint(
            request: try RequestTemplate(try node.required("request", try node.node("request"))),
            endpoint: try node.answerPlace("endpoint"),
            token: try node.answerPlace("token"),
            uploadURL: try node.answerPlace("uploadURL"),
            values: try node.answerPlaces("values"),
            fileIDClaim: try node.text("fileIDClaim"),
            expiresAfter: try node.integer("expiresAfter", in: 1...31_536_000),
            perMinute: try node.integer("perMinute", in: 1...1_000_000)
        )
        try node.end()
        return mint
    }

    private static func finalize(_ node: ConfigurationNode) throws -> Finalize {
        let finalize = Finalize(
            request: try RequestTemplate(try node.required("request", try node.node("request"))),
            file: try node.required("file", try node.place("file", orWhole: true)),
            fileID: try node.place("fileID")
        )
        try node.end()
        return finalize
    }

    private static func question(_ node: ConfigurationNode) throws -> Question {
        let status = try node.place("status")
        let absent = try node.node("absent").map { absent in
            let match = try AnswerMatch(absent, statuses: 400...499)
            try absent.end()
            _ = try absent.required("path", match.path)
            return match
        }
        let match = try node.node("match").map { match in
            try match.allTexts().sorted { $0.key < $1.key }.map { pair in
                (path: try match.place(pair.key, at: pair.key), value: try match.template(pair.value, at: pair.key))
            }
        }
        let question = Question(
            request: try RequestTemplate(try node.required("request", try node.node("request"))),
            status: status,
            ready: try status == nil ? [] : node.required("ready", try node.list("ready")),
            failed: try status == nil ? [] : node.list("failed") ?? [],
            failure: try node.place("failure"),
            size: try node.place("size"),
            md5: try node.place("md5"),
            absent: absent,
            match: match ?? [],
            waits: try node.boolean("wait") ?? false,
            interval: try node.integer("interval", in: 0...3600) ?? 5,
            polls: try node.integer("polls", in: 1...250) ?? 120
        )
        try node.end()
        guard question.md5 == nil || question.waits else {
            throw node.mistake("md5", "it is compared when the file is ready, which needs \"wait\": true")
        }
        guard status == nil || !question.ready.isEmpty else { throw node.mistake("ready", "no state would be ready") }
        return question
    }

}

extension AnswerRule {
    /// Reads `{"steps": […], "status": …, "path": …, "value": …, "then": …}`.
    init(_ node: ConfigurationNode) throws {
        let names = try node.required("steps", try node.list("steps"))
        let known: [Step] = [.mint, .create, .offset, .transfer, .delete]
        let steps = try names.map { name in
            guard let step = Step(rawValue: name), known.contains(step) else {
                throw node.mistake("steps", "\(name) is none of \(known.map(\.rawValue).joined(separator: ", "))")
            }
            return step
        }
        let match = try AnswerMatch(node, statuses: 300...599)
        let word = try node.required("then", try node.text("then"))
        guard let outcome = Outcome(rawValue: word) else {
            let words = Outcome.allCases.map(\.rawValue).joined(separator: ", ")
            throw node.mistake("then", "it is none of \(words)")
        }
        try node.end()
        self.init(steps: Set(steps), outcome: outcome, matches: match.covers)
    }
}
