/// A popular host, whose configuration comes with this library as data.
///
/// ```swift
/// let configuration = try DestinationPreset.supabaseStorage.configuration(
///     values: ["url": "https://abcdefgh.storage.supabase.co", "bucket": "scans"]
/// )
/// try await queue.save(.configured("scans", by: configuration))
/// ```
public enum DestinationPreset: String, Sendable, CaseIterable {
    /// Bunny Stream (<doc:BunnyStream>).
    case bunnyStream = "bunny-stream"
    /// Cloudflare Stream (<doc:CloudflareStream>).
    case cloudflareStream = "cloudflare-stream"
    /// Supabase Storage (<doc:SupabaseStorage>).
    case supabaseStorage = "supabase-storage"
    /// Transloadit (<doc:Transloadit>).
    case transloadit
    /// Vimeo (<doc:Vimeo>).
    case vimeo

    /// The configuration as a text, with `null` for each value that has to be given.
    public var json: String { String(decoding: bytes, as: UTF8.self) }

    /// What can be given, by name; nil where it has to be.
    public var values: [String: String?] {
        members("values").mapValues { $0 == .null ? nil : $0.scalarText }
    }

    /// Where the secrets are unless it is said otherwise, by name: references such as `env:NAME`.
    public var secrets: [String: String] {
        members("secrets").compactMapValues(\.scalarText)
    }

    /// Makes a configuration of it.
    ///
    /// - Parameters:
    ///   - values: What ``values`` has, by name; one that is nil there has to be given.
    ///   - secrets: References in place of those in ``secrets``, by name.
    ///   - waitsUntilReady: Whether an upload completes only when the host says that the file can be used; false by
    ///     default.
    /// - Returns: The configuration.
    /// - Throws: ``UploadQueueError`` `invalid_destination` where a value is missing or not known, or a secret is no
    ///   reference.
    public func configuration(
        values: [String: String] = [:],
        secrets: [String: String] = [:],
        waitsUntilReady: Bool = false
    ) throws -> DestinationConfiguration {
        var document = root
        document["values"] = try filled("values", with: values)
        document["secrets"] = try filled("secrets", with: secrets)
        if case .object(var file) = document["file"] {
            file["wait"] = .bool(waitsUntilReady)
            document["file"] = .object(file)
        }
        return try DestinationConfiguration(.object(document))
    }

    private func filled(_ member: String, with given: [String: String]) throws -> JSONValue {
        let known = members(member)
        if let stranger = given.keys.filter({ known[$0] == nil }).min() {
            throw UploadQueueError(
                .invalidDestination,
                "\(rawValue) has no \(stranger) among its \(member); there are \(known.keys.sorted().joined(separator: ", "))"
            )
        }
        return .object(known.merging(given.mapValues { .string($0) }) { $1 })
    }

    private var root: [String: JSONValue] {
        guard case .object(let members)? = JSONValue(bytes) else { return [:] }
        return members
    }

    private func members(_ name: String) -> [String: JSONValue] {
        guard case .object(let members)? = root[name] else { return [:] }
        return members
    }

    private var bytes: [UInt8] {
        switch self {
        case .bunnyStream: PackageResources.bunny_stream_json
        case .cloudflareStream: PackageResources.cloudflare_stream_json
        case .supabaseStorage: PackageResources.supabase_storage_json
        case .transloadit: PackageResources.transloadit_json
        case .vimeo: PackageResources.vimeo_json
        }
    }
}
