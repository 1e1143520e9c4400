import Crypto
import HTTPTypes
import Hummingbird

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The hosts' own APIs: what comes before an upload, and what is asked after it.
extension RequestHandler {
    /// Answers a request to a host's API.
    func standIn(_ exchange: inout Exchange, _ host: StandIn, _ path: [String]) async throws -> Reply {
        switch (host, exchange.route.step, path.first) {
        case (.bunny, .mint, "library") where path.count == 3 && path[2] == "videos":
            try requireKey(exchange, "AccessKey", StandIn.secret)
            let request = try await read(BunnyVideo.self, &exchange)
            guard request?.title.isEmpty == false else { throw Rejection(.badRequest, "a video needs a title") }
            return Self.json(#"{"guid":"\#(try await newMedia(.bunny).id)","status":0}"#)
        case (.vimeo, .mint, "me") where path == ["me", "videos"]:
            return try await createVideo(&exchange)
        case (.transloadit, .mint, "assemblies") where path.count == 1:
            return try await createAssembly(&exchange)
        case (_, .confirm, _):
            return try await state(exchange, host, path)
        default:
            throw Rejection(.notFound, "there is nothing here")
        }
    }

    /// A file with an id of its own, beside the one of its upload.
    func newMedia(_ host: StandIn, upload: String? = nil) async throws -> StoredMedia {
        let media = StoredMedia(id: UploadFolder.newIdentifier(), host: host, upload: upload)
        try await FileWork.run { try folder.save(media) }
        return media
    }

    /// Vimeo: an upload that exists already, at a URL that authorizes by itself.
    private func createVideo(_ exchange: inout Exchange) async throws -> Reply {
        try requireKey(exchange, "Authorization", "bearer \(StandIn.secret)")
        guard exchange.request.headers[.accept]?.contains("version=3.4") == true else {
            throw Rejection(.badRequest, "Accept must ask for version 3.4 of the API")
        }
        let request = try await read(VimeoVideo.self, &exchange)
        guard request?.upload.approach == "tus", let size = request.flatMap({ Int64($0.upload.size) }), size > 0 else {
            throw Rejection(.badRequest, "upload.approach must be tus, with the size of the file")
        }
        let stored = StoredUpload(
            id: UploadFolder.newIdentifier(),
            length: size,
            metadata: nil,
            created: Date().timeIntervalSince1970,
            expires: nil,
            grant: nil,
            host: .vimeo
        )
        try await FileWork.run { try folder.create(stored) }
        exchange.record.upload = stored.id
        let media = try await newMedia(.vimeo, upload: stored.id)
        let link = "\(exchange.origin)/vimeo/upload/\(stored.id)"
        return Self.json(
            #"{"uri":"/videos/\#(media.id)","upload":{"approach":"tus","status":"in_progress","upload_link":"\#(link)"}}"#
        )
    }

    /// Transloadit: an assembly that waits for one file, asked for by a signed form.
    private func createAssembly(_ exchange: inout Exchange) async throws -> Reply {
        let type = exchange.request.headers[.contentType] ?? ""
        let form = FormFields(try await smallBody(&exchange), contentType: type)?.texts ?? [:]
        guard let params = form["params"], let signature = form["signature"] else {
            throw Rejection(.badRequest, Self.text(#"{"error":"NO_PARAMS_FIELD"}"#))
        }
        let key = SymmetricKey(data: Data(StandIn.secret.utf8))
        let code = HMAC<SHA384>.authenticationCode(for: Data(params.utf8), using: key)
        guard signature == "sha384:" + code.map(UploadFolder.hexadecimal).joined() else {
            throw Rejection(.unauthorized, Self.text(#"{"error":"INVALID_SIGNATURE"}"#))
        }
        let auth = try? JSONDecoder().decode(AssemblyParams.self, from: Data(params.utf8)).auth
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        guard let auth, !auth.key.isEmpty, let expires = try? style.parse(auth.expires), expires > Date() else {
            throw Rejection(.unauthorized, Self.text(#"{"error":"AUTH_EXPIRED"}"#))
        }
        guard form["num_expected_upload_files"] == "1" else {
            throw Rejection(.badRequest, Self.text(#"{"error":"TUS_UPLOAD_NOT_EXPECTED"}"#))
        }
        let id = try await newMedia(.transloadit).id
        let host = "\(exchange.origin)/transloadit"
        return Self.json(
            #"{"ok":"ASSEMBLY_UPLOADING","assembly_id":"\#(id)","assembly_ssl_url":"\#(host)/assemblies/\#(id)","#
                + #""tus_url":"\#(host)/resumable/files/"}"#
        )
    }

    // MARK: - The state of a file

    private func state(_ exchange: Exchange, _ host: StandIn, _ path: [String]) async throws -> Reply {
        try requireKey(exchange, host)
        // supabase/storage says so by a status 400.
        let notFound =
            host == .supabase
            ? Rejection(.badRequest, Self.text(#"{"statusCode":"404","error":"not_found"}"#))
            : Rejection(.notFound, Self.text(#"{"error":"not_found"}"#))
        guard let id = Self.mediaID(host, path),
            let media = try await FileWork.run({ try folder.media(id, of: host) })
        else { throw notFound }
        let size = try await FileWork.run { try folder.size(of: media) }
        switch host {
        case .bunny:
            return Self.json(#"{"guid":"\#(id)","status":\#(size == nil ? 0 : 4)}"#)
        case .cloudflare:
            let state = size == nil ? "pendingupload" : "ready"
            return Self.json(#"{"success":true,"result":{"uid":"\#(id)","status":{"state":"\#(state)"}}}"#)
        case .supabase:
            guard let size else { throw notFound }
            let upload = try await FileWork.run { try media.upload.flatMap { try folder.upload($0) } }
            let own = upload?.metadata.flatMap { UploadMetadata($0)?.text("metadata") } ?? "null"
            return Self.json(#"{"id":"\#(id)","size":\#(size),"metadata":\#(own)}"#)
        case .transloadit:
            return Self.json(#"{"assembly_id":"\#(id)","ok":"ASSEMBLY_\#(size == nil ? "UPLOADING" : "COMPLETED")"}"#)
        case .vimeo:
            let state = #"{"status":"\#(size == nil ? "in_progress" : "complete")"}"#
            return Self.json(#"{"uri":"/videos/\#(id)","upload":\#(state),"transcode":\#(state)}"#)
        }
    }

    private static func mediaID(_ host: StandIn, _ path: [String]) -> String? {
        switch host {
        case .bunny: path.count == 4 && path[0] == "library" && path[2] == "videos" ? path[3] : nil
        case .cloudflare: path.count == 6 && path[4] == "stream" ? path[5] : nil
        case .transloadit: path.count == 2 && path[0] == "assemblies" ? path[1] : nil
        case .vimeo: path.count == 2 && path[0] == "videos" ? path[1] : nil
        case .supabase:
            // storage/v1/object/info/BUCKET/NAME, whose parts are percent-encoded.
            path.count >= 6 && path.prefix(4) == ["storage", "v1", "object", "info"]
                ? StoredMedia.id(bucket: path[4], object: path[5...].map(decoded).joined(separator: "/")) : nil
        }
    }

    private static func decoded(_ part: String) -> String {
        Exchange.decoded(Substring(part.replacing("+", with: "%2B"))) ?? part
    }

    // MARK: - Requests and answers

    /// What a request to a host's API has to carry.
    func requireKey(_ exchange: Exchange, _ host: StandIn) throws {
        switch host {
        case .bunny: try requireKey(exchange, "AccessKey", StandIn.secret)
        case .cloudflare, .supabase: try requireKey(exchange, "Authorization", "Bearer \(StandIn.secret)")
        case .vimeo: try requireKey(exchange, "Authorization", "bearer \(StandIn.secret)")
        case .transloadit: break
        }
    }

    func requireKey(_ exchange: Exchange, _ header: String, _ value: String) throws {
        guard exchange.request.headers[named: header] == value else {
            throw Rejection(.unauthorized, Self.text(#"{"error":"\#(header) is not the one of this account"}"#))
        }
    }

    private func read<Value: Decodable>(_ type: Value.Type, _ exchange: inout Exchange) async throws -> Value? {
        try? JSONDecoder().decode(type, from: try await smallBody(&exchange))
    }

    private static func text(_ json: String) -> Reply.Body { .bytes(Array(json.utf8)) }

    private static func json(_ json: String) -> Reply { Reply(status: .ok, body: text(json)) }
}

private struct BunnyVideo: Decodable {
    let title: String
}

private struct VimeoVideo: Decodable {
    struct Upload: Decodable {
        let approach: String
        let size: String
    }

    let upload: Upload
}

private struct AssemblyParams: Decodable {
    struct Auth: Decodable {
        let key: String
        let expires: String
    }

    let auth: Auth
}
