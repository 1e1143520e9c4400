internal import Foundation
internal import Tus
internal import UploadStore

/// Where uploads go, and how.
public struct Destination: Sendable, Equatable {
    /// What is done after the last byte.
    public enum Finalize: String, Sendable {
        /// Nothing: the upload is complete with its last byte.
        case none
        /// The finalize request of Wix Media Manager's resumable upload API.
        case wix
    }

    /// The name, 1 to 2,048 characters.
    public var name: String
    /// Where uploads are created (tus 1.0, Creation); nil where each upload brings its own by a ``Grant``.
    public var endpoint: String?
    /// Headers of every request to the endpoint's own origin.
    ///
    /// A value `env:NAME` is replaced by that environment variable of the worker when it claims an upload, so that a secret is
    /// never stored. Headers that carry credentials (`Authorization`, `Cookie`, …) must be given so.
    public var headers: [String: String]
    /// tus metadata of every upload, beside `filename` and `filetype` (for Wix `contentType`).
    public var metadata: [String: String]
    /// Bytes of each request but the last; nil (the default) leaves it to the queue: 64 MiB, and a small last one.
    public var chunkSize: Int64?
    /// What is done after the last byte.
    public var finalize: Finalize
    /// What the host wants beside tus; nil where it wants nothing.
    public var configuration: DestinationConfiguration?
    /// What all processors together may do for it at once; the default has no bounds.
    public var limits = UploadQueue.Limits()
    /// Tries of one phase without progress after which an upload fails, 1 or more; nil: as the processor's
    /// ``RetryPolicy`` says.
    public var maximumAttempts: Int?
    /// The longest back-off in seconds, 1 or more; nil: as the processor's ``RetryPolicy`` says.
    public var longestDelay: Int?
    /// Whether it was paused as a whole; ``UploadQueue/save(_:)`` does not change that.
    public private(set) var isPaused = false

    /// A tus 1.0 server.
    ///
    /// - Parameters:
    ///   - name: The name, 1 to 2,048 characters.
    ///   - endpoint: Where uploads are created, http or https.
    ///   - headers: Headers of every request to that origin; `env:NAME` stands for an environment variable.
    ///   - metadata: tus metadata of every upload.
    ///   - chunkSize: Bytes of each request but the last; nil leaves it to the queue.
    /// - Returns: The destination.
    public static func tus(
        _ name: String,
        endpoint: String,
        headers: [String: String] = [:],
        metadata: [String: String] = [:],
        chunkSize: Int64? = nil
    ) -> Destination {
        Destination(
            name: name,
            endpoint: endpoint,
            headers: headers,
            metadata: metadata,
            chunkSize: chunkSize,
            finalize: .none
        )
    }

    /// A host that is described by a configuration.
    ///
    /// - Parameters:
    ///   - name: The name, 1 to 2,048 characters.
    ///   - configuration: What the host wants.
    /// - Returns: The destination.
    /// - Throws: ``UploadQueueError`` `invalid_destination` when its endpoint cannot be filled in.
    public static func configured(_ name: String, by configuration: DestinationConfiguration) throws -> Destination {
        let steps = configuration.steps
        let values = Dictionary(uniqueKeysWithValues: steps.values.map { ("config.\($0.key)", $0.value) })
        let endpoint: String?
        do {
            endpoint = try steps.endpoint?.text(values)
        } catch let failure as Template.Failure {
            throw UploadQueueError(.invalidDestination, "the configuration is wrong at $.endpoint: \(failure.message)")
        }
        return Destination(
            name: name,
            endpoint: endpoint,
            headers: [:],
            metadata: [:],
            chunkSize: nil,
            finalize: .none,
            configuration: configuration
        )
    }

    /// Wix Media Manager, with a ``Grant`` for each upload.
    ///
    /// - Parameter name: The name, 1 to 2,048 characters.
    /// - Returns: The destination.
    public static func wix(_ name: String = "wix") -> Destination {
        Destination(name: name, endpoint: nil, headers: [:], metadata: [:], chunkSize: 8 << 20, finalize: .wix)
    }
}

extension Destination {
    init(_ row: DestinationRow) {
        self.init(
            name: row.name,
            endpoint: row.endpoint,
            headers: JSONObject.decode(row.headers) ?? [:],
            metadata: JSONObject.decode(row.metadata) ?? [:],
            chunkSize: row.chunkSize,
            finalize: Finalize(rawValue: row.finalize) ?? .none,
            configuration: row.configuration.flatMap { try? DestinationConfiguration(json: $0) },
            limits: UploadQueue.Limits(row.limits),
            maximumAttempts: row.maxAttempts,
            longestDelay: row.longestDelay,
            isPaused: row.isPaused
        )
    }

    /// Whether the queue gets a grant for each upload by itself.
    var mints: Bool { configuration?.steps.mint != nil }

    /// Checks it as ``UploadQueue/save(_:)`` would, without saving it.
    ///
    /// - Throws: ``UploadQueueError`` `invalid_destination` or `invalid_metadata`.
    package func check() throws { _ = try row() }

    func row() throws -> DestinationRow {
        guard 1...2048 ~= name.unicodeScalars.count, !name.contains(where: \.isNewline), !name.contains("\0") else {
            throw UploadQueueError(.invalidDestination, "a destination's name is 1 to 2,048 characters on one line")
        }
        let endpoint = try endpoint.map(Self.url)
        for (header, value) in headers { try DestinationHeader.check(header, value: value) }
        _ = try UploadPlan.metadata(metadata)
        if let chunkSize, chunkSize < 1 {
            throw UploadQueueError(.invalidDestination, "the chunk size is \(chunkSize); it must be 1 byte or more")
        }
        guard maximumAttempts.map({ $0 > 0 }) ?? true, longestDelay.map({ $0 > 0 }) ?? true else {
            throw UploadQueueError(.invalidDestination, "the most tries and the longest back-off are 1 or more")
        }
        return DestinationRow(
            name: name,
            endpoint: endpoint,
            headers: JSONObject.encode(headers),
            metadata: JSONObject.encode(metadata),
            chunkSize: chunkSize,
            finalize: finalize.rawValue,
            configuration: configuration?.json,
            mints: mints,
            limits: try limits.checked(),
            maxAttempts: maximumAttempts,
            longestDelay: longestDelay
        )
    }

    /// Checks a URL, and writes its scheme as the schema knows it: in lower case.
    static func url(_ text: String) throws -> String {
        guard !text.unicodeScalars.contains(where: { $0.properties.isWhitespace || $0.value < 0x20 }),
            let url = URL(string: text), let scheme = Origin(url)?.scheme
        else {
            throw UploadQueueError(.invalidDestination, "\(text) is not an http or https URL")
        }
        guard url.user() == nil, url.password() == nil else {
            throw UploadQueueError(
                .invalidDestination,
                "the URL holds a user name or password, which would be stored; use a header with env:NAME instead"
            )
        }
        guard url.fragment() == nil else {
            throw UploadQueueError(
                .invalidDestination,
                "\(text) has a fragment (#…), which no server gets; leave it out"
            )
        }
        return scheme + text.dropFirst(scheme.utf8.count)
    }
}
