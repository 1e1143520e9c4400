import Uploads

/// A destination in `--json`.
struct DestinationRecord: Encodable {
    let name: String
    @OrNull var endpoint: String?
    let headers: [String: String]
    let metadata: [String: String]
    @OrNull var chunkSize: Int64?
    let finalize: String
    @OrNull var configuration: JSONValue?
    let paused: Bool
    @OrNull var concurrency: Int?
    @OrNull var bytesPerSecond: Int64?
    @OrNull var maxAttempts: Int?
    @OrNull var longestDelay: Int?

    init(_ destination: Destination) {
        name = destination.name
        endpoint = destination.endpoint
        headers = destination.headers
        metadata = destination.metadata
        chunkSize = destination.chunkSize
        finalize = destination.finalize.rawValue
        configuration = destination.configuration?.document
        paused = destination.isPaused
        concurrency = destination.limits.concurrency
        bytesPerSecond = destination.limits.bytesPerSecond
        maxAttempts = destination.maximumAttempts
        longestDelay = destination.longestDelay
    }
}
