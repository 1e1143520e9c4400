internal import Foundation
internal import HTTPTypes

/// A configuration, read: the requests to a host's API, and where their answers have what is wanted.
struct HostSteps: Sendable {
    /// How a grant is got.
    struct Mint: Sendable {
        var request: RequestTemplate
        var endpoint: JSONPath
        var token: JSONPath
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
        var status: JSONPath
        var ready: [String]
        var failed: [String]
        var size: JSONPath?
        /// Whether an upload completes only when the file is ready.
        var waits: Bool
        var interval: Int64
        var polls: Int64
    }

    var endpoint: Template?
    var headers: [String: String]
    /// What `{config.NAME}` stands for.
    var values: [String: String]
    /// What `{secret.NAME}` stands for: names of environment variables.
    var secrets: [String: String]
    var metadata: [String: Template]?
    var chunk: ChunkRule
    var mint: Mint?
    var finalize: Finalize?
    var question: Question?
    var takesEmptyFiles: Bool
    var maximumSize: Int64?

    init(_ root: ConfigurationNode) throws {
        guard try root.integer("version", in: 1...Int64.max) == 1 else {
            throw root.mistake("version", "this program knows version 1")
        }
        values = try root.texts("values")
        secrets = try Self.secrets(root)
        endpoint = try root.template("endpoint")
        headers = try root.texts("headers")
        metadata = try root.node("metadata").map(Self.metadata)
        chunk = try ChunkRule(try root.node("chunk"))
        mint = try root.node("mint").map(Self.mint)
        finalize = try root.node("finalize").map(Self.finalize)
        question = try root.node("file").map(Self.question)
        let limits = try root.node("limits")
        takesEmptyFiles = try limits?.boolean("empty") ?? true
        maximumSize = try limits?.integer("maximumSize", in: 0...Int64.max)
        try limits?.end()
        try root.end()
        guard (mint == nil) != (endpoint == nil) else {
            throw root.mistake("endpoint", "either endpoint or mint says where uploads are created")
        }
        guard finalize == nil || mint != nil else { throw root.mistake("finalize", "it needs a mint") }
        guard question == nil || finalize != nil else { throw root.mistake("file", "it needs a finalize") }
        try checkNames(root)
    }

    private static func secrets(_ root: ConfigurationNode) throws -> [String: String] {
        try root.texts("secrets").reduce(into: [:]) { secrets, secret in
            let name = "secrets.\(secret.key)"
            guard secret.value.hasPrefix("env:"), secret.value.count > "env:".count else {
                throw root.mistake(name, "it is not env:NAME; a secret itself is never stored")
            }
            secrets[secret.key] = String(secret.value.dropFirst("env:".count))
        }
    }

    private static func metadata(_ node: ConfigurationNode) throws -> [String: Template] {
        let values = try node.allTexts()
        return try values.reduce(into: [:]) { $0[$1.key] = try node.template($1.value, at: $1.key) }
    }

    private static func mint(_ node: ConfigurationNode) throws -> Mint {
        let mint = Mint(
            request: try RequestTemplate(try node.required("request", try node.node("request"))),
            endpoint: try node.required("endpoint", try node.place("endpoint")),
            token: try node.required("token", try node.place("token")),
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
            file: try node.required("file", try node.place("file")),
            fileID: try node.place("fileID")
        )
        try node.end()
        return finalize
    }

    private static func question(_ node: ConfigurationNode) throws -> Question {
        let question = Question(
            request: try RequestTemplate(try node.required("request", try node.node("request"))),
            status: try node.required("status", try node.place("status")),
            ready: try node.required("ready", try node.list("ready")),
            failed: try node.list("failed") ?? [],
            size: try node.place("size"),
            waits: try node.boolean("wait") ?? false,
            interval: try node.integer("interval", in: 0...3600) ?? 5,
            polls: try node.integer("polls", in: 1...250) ?? 120
        )
        try node.end()
        return question
    }

    /// Every template refers to what there is when it is filled in.
    private func checkNames(_ root: ConfigurationNode) throws {
        let own = Set(values.keys.map { "config.\($0)" } + secrets.keys.map { "secret.\($0)" })
        let file = Set(["file.name", "file.type", "file.size", "upload.id"]).union(own)
        let minted = mint == nil ? file : file.union(["mint.endpoint", "mint.token"])
        let named = mint?.fileIDClaim == nil && finalize?.fileID == nil ? minted : minted.union(["host.fileID"])
        for (place, templates, known) in [
            ("endpoint", endpoint.map { [$0] } ?? [], own),
            ("metadata", metadata.map { Array($0.values) } ?? [], minted),
            ("mint.request", mint?.request.templates ?? [], file),
            ("finalize.request", finalize?.request.templates ?? [], minted),
            ("file.request", question?.request.templates ?? [], named),
        ] {
            for name in templates.flatMap(\.names) where !known.contains(name) {
                let words = known.sorted().map { "{\($0)}" }.joined(separator: ", ")
                throw root.mistake(place, "{\(name)} stands for nothing here; there are \(words)")
            }
        }
    }
}
