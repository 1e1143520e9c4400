import HTTPTypes

/// What a request's method and path ask for.
struct Route: Sendable {
    /// The tus endpoints.
    enum Endpoint: Sendable, Equatable {
        /// `/files/`.
        case tus
        /// `/upload/tus`: the one whose creations need a minted token.
        case wix
        /// The one of another host, below this path.
        case standIn(StandIn, path: String)

        /// The path that ids are appended to.
        var path: String {
            switch self {
            case .tus: "/files/"
            case .wix: "/upload/tus/"
            case .standIn(_, let path): path
            }
        }

        /// The other host.
        var host: StandIn? {
            if case .standIn(let host, _) = self { host } else { nil }
        }
    }

    enum Target: Sendable {
        case collection(Endpoint)
        case upload(Endpoint, id: String)
        case token(UploadToken)
        case mint
        case file
        /// The API of another host; the path is what follows its name.
        case standIn(StandIn, path: [String])
        case unknown
    }

    let target: Target
    let step: RequestStep
    /// The path as the log may show it.
    let loggedPath: String

    /// Reads a request's method and path (without query); a trailing slash makes no difference.
    init(_ method: HTTPRequest.Method, _ path: Substring) {
        let parts = path.split(separator: "/")
        target = Self.target(method, parts)
        step = Self.step(method, target)
        let hidesThird = if case .token = target { true } else { false }
        // Whatever is as long as a token may be one, also where a client put it in the wrong place.
        let shown = parts.enumerated().map { index, part in
            part.utf8.count > 64 || (hidesThird && index == 2) ? "{token}" : part
        }
        loggedPath = "/" + shown.joined(separator: "/") + (path.hasSuffix("/") && !parts.isEmpty ? "/" : "")
    }

    private static func target(_ method: HTTPRequest.Method, _ parts: [Substring]) -> Target {
        if let host = parts.first.flatMap({ StandIn(rawValue: String($0)) }) {
            return host.target(Array(parts.dropFirst()))
        }
        return switch parts.count {
        case 1 where parts == ["files"]: .collection(.tus)
        case 2 where parts == ["upload", "tus"]: .collection(.wix)
        case 2 where parts[0] == "files": .upload(.tus, id: String(parts[1]))
        case 2 where parts[0] == "media" && method == .get: .upload(.wix, id: String(parts[1]))
        case 3 where parts.prefix(2) == ["upload", "tus"]:
            method == .put ? .token(UploadToken(String(parts[2]))) : .upload(.wix, id: String(parts[2]))
        case 4 where parts == ["site-media", "v1", "files", "generate-resumable-upload-url"]: .mint
        case 4 where parts == ["site-media", "v1", "files", "get-file-by-id"]: .file
        default: .unknown
        }
    }

    private static func step(_ method: HTTPRequest.Method, _ target: Target) -> RequestStep {
        switch (target, method) {
        case (.collection, .options), (.upload, .options): .options
        case (.collection, .post): .create
        case (.upload, .head): .offset
        case (.upload, .patch): .transfer
        case (.upload, .delete): .delete
        case (.upload, .get): .download
        case (.token, _): .finalize
        case (.mint, .post), (.standIn, .post): .mint
        case (.file, .get), (.standIn, .get): .confirm
        default: .other
        }
    }
}
