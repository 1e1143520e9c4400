/// What a host wants beside tus, as data: how a grant is got, how an upload is finalized, how its file is asked for.
///
/// It is a JSON document of version 1, described in <doc:YourOwnDestination>, and stored with its destination. Texts in it
/// are templates: `{file.name}`, `{config.NAME}`, `{secret.NAME}`, `{mint.token|percent}`.
public struct DestinationConfiguration: Sendable, Equatable {
    /// The document, on one line.
    public var json: String { document.compactText }

    /// The document.
    public let document: JSONValue

    let steps: HostSteps

    /// Reads a document.
    ///
    /// - Parameter json: The JSON text, at most 256 KiB.
    /// - Throws: ``UploadQueueError`` `invalid_destination` with the path to the mistake: a key that is not known, a value of
    ///   the wrong kind, a template that names nothing.
    public init(json: String) throws {
        guard json.utf8.count <= 256 << 10, let document = JSONValue(Array(json.utf8)) else {
            throw UploadQueueError(.invalidDestination, "the configuration is no JSON document of at most 256 KiB")
        }
        try self.init(document)
    }

    init(_ document: JSONValue) throws {
        do {
            steps = try HostSteps(ConfigurationNode(document))
        } catch let mistake as ConfigurationNode.Mistake {
            throw UploadQueueError(
                .invalidDestination,
                "the configuration is wrong at \(mistake.path): \(mistake.message)"
            )
        }
        self.document = document
    }

    /// Two configurations are the same when their documents are.
    ///
    /// - Parameters:
    ///   - left: One.
    ///   - right: The other.
    /// - Returns: Whether they say the same.
    public static func == (left: DestinationConfiguration, right: DestinationConfiguration) -> Bool {
        left.document == right.document
    }
}
