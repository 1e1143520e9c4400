/// A host that the server stands in for beside Wix, below a path of its own name: `/vimeo/me/videos`.
///
/// Each asks for what its documentation says, with `rehearsal` as its secret, and for nothing else.
enum StandIn: String, Codable, Sendable, CaseIterable {
    /// Bunny Stream.
    case bunny
    /// Cloudflare Stream.
    case cloudflare
    /// Supabase Storage.
    case supabase
    /// Transloadit.
    case transloadit
    /// Vimeo.
    case vimeo

    /// The key, the token or the password of every account here.
    static let secret = "rehearsal"

    /// Where uploads are created, `*` for any part; nil where the API creates them.
    private var collection: [String]? {
        switch self {
        case .bunny: ["tusupload"]
        case .cloudflare: ["client", "v4", "accounts", "*", "stream"]
        case .supabase: ["storage", "v1", "upload", "resumable"]
        case .transloadit: ["resumable", "files"]
        case .vimeo: nil
        }
    }

    /// Where the uploads are.
    private var uploads: [String] {
        switch self {
        case .cloudflare: ["client", "v4", "accounts", "*", "media"]
        case .vimeo: ["upload"]
        default: collection ?? []
        }
    }

    /// How many bytes a request that is not the last one may have.
    ///
    /// Supabase: Resumable Uploads; Cloudflare Stream: Resumable and large files.
    var chunkRule: (least: Int64, most: Int64, multiple: Int64)? {
        switch self {
        case .supabase: (6 << 20, 6 << 20, 6 << 20)
        case .cloudflare: (5 << 20, 200 << 20, 256 << 10)
        default: nil
        }
    }

    /// Whether an upload that is complete answers as one that is gone.
    var forgetsCompleteUploads: Bool { self == .supabase }

    /// What the parts of a path below the host's name ask for.
    func target(_ parts: [Substring]) -> Route.Target {
        if let collection, Self.fits(parts, collection) { return .collection(endpoint(parts)) }
        if let id = parts.last, Self.fits(parts.dropLast(), uploads) {
            return .upload(endpoint(parts.dropLast()), id: String(id))
        }
        return .standIn(self, path: parts.map(String.init))
    }

    private func endpoint(_ parts: [Substring]) -> Route.Endpoint {
        let path = zip(uploads, parts).map { pattern, part in pattern == "*" ? String(part) : pattern }
        return .standIn(self, path: "/\(rawValue)/" + path.map { $0 + "/" }.joined())
    }

    private static func fits(_ parts: [Substring], _ pattern: [String]) -> Bool {
        parts.count == pattern.count
            && zip(parts, pattern).allSatisfy { part, wanted in wanted == "*" || part == wanted }
    }
}
