import Crypto
import HTTPTypes
import Hummingbird

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the hosts want of the tus requests of an upload.
extension RequestHandler {
    /// Checks a creation.
    ///
    /// - Returns: the file that the upload is for.
    func admit(_ exchange: Exchange, _ host: StandIn, _ metadata: UploadMetadata?) async throws -> StoredMedia {
        try authorize(exchange, host)
        switch host {
        case .bunny:
            for key in ["filetype", "title"] where metadata?.text(key) == nil {
                throw Rejection(.badRequest, "Upload-Metadata lacks '\(key)'")
            }
            return try await media(exchange.request.headers[named: "VideoId"], host)
        case .cloudflare:
            return StoredMedia(id: UploadFolder.newIdentifier(), host: host)
        case .supabase:
            guard let bucket = metadata?.text("bucketName"), let object = metadata?.text("objectName") else {
                throw Rejection(.badRequest, "Upload-Metadata lacks 'bucketName' or 'objectName'")
            }
            let id = StoredMedia.id(bucket: bucket, object: object)
            let stored = try await FileWork.run { try folder.media(id, of: host).flatMap { try folder.size(of: $0) } }
            if stored != nil, exchange.request.headers[named: "x-upsert"] != "true" {
                throw Rejection(.conflict, "The resource already exists")
            }
            return StoredMedia(id: id, host: host)
        case .transloadit:
            for key in ["filename", "fieldname"] where metadata?.text(key) == nil {
                throw Rejection(.badRequest, "Upload-Metadata lacks '\(key)'")
            }
            let assembly = metadata?.text("assembly_url")?.split(separator: "/").last.map(String.init)
            return try await media(assembly, host)
        case .vimeo:
            throw Rejection(.preconditionFailed, "uploads are created by POST /me/videos")
        }
    }

    private func media(_ id: String?, _ host: StandIn) async throws -> StoredMedia {
        let stored = try await FileWork.run { try id.flatMap { try folder.media($0, of: host) } }
        guard let stored else { throw Rejection(.notFound, "there is no such file to upload") }
        return stored
    }

    /// What each request about an upload has to carry, or may not.
    func authorize(_ exchange: Exchange, _ host: StandIn) throws {
        switch host {
        case .vimeo, .transloadit:
            try refuseAuthorization(exchange)
        case .cloudflare:
            try requireKey(exchange, host)
        case .supabase:
            // Supabase: HEAD is the one that is not authorized.
            if exchange.method != .head { try requireKey(exchange, host) }
        case .bunny:
            let headers = exchange.request.headers
            let texts = ["LibraryId", "AuthorizationExpire", "VideoId"].map { headers[named: $0] ?? "" }
            let signed = Data((texts[0] + StandIn.secret + texts[1] + texts[2]).utf8)
            let signature = SHA256.hash(data: signed).map(UploadFolder.hexadecimal).joined()
            try requireKey(exchange, "AuthorizationSignature", signature)
            guard let expires = Double(texts[1]), expires > Date().timeIntervalSince1970 else {
                throw Rejection(.unauthorized, "AuthorizationExpire has passed")
            }
        }
    }

    /// Whether the size of a request's body keeps the host's rule.
    func requireChunk(_ exchange: Exchange, _ upload: StoredUpload, at offset: Int64) throws {
        guard let rule = upload.host?.chunkRule, let length = exchange.declaredLength else { return }
        let keeps = length % rule.multiple == 0 && rule.least...rule.most ~= length
        guard offset + length == upload.length || keeps else {
            throw Rejection(
                .badRequest,
                "a request of \(length) bytes at \(offset) is neither the last one nor keeps the chunk rule"
            )
        }
    }
}
