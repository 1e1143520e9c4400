import HTTPTypes
import Hummingbird

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension RequestHandler {
    private static let bodyType = "application/offset+octet-stream"

    /// Does what the request asks for.
    func handle(_ exchange: inout Exchange) async throws -> Outcome {
        switch (exchange.route.target, exchange.route.step) {
        case (.collection, .options), (.upload, .options):
            return .reply(options())
        case (.collection(let endpoint), .create):
            return try await create(&exchange, endpoint)
        case (.upload(let endpoint, let id), .offset):
            return .reply(try await offset(&exchange, endpoint, id))
        case (.upload(let endpoint, let id), .transfer):
            return try await transfer(&exchange, endpoint, id)
        case (.upload(let endpoint, let id), .delete):
            return .reply(try await delete(&exchange, endpoint, id))
        case (.upload(let endpoint, let id), .download):
            return .reply(try await download(&exchange, endpoint, id))
        case (.token(let token), .finalize):
            return .reply(try await finalize(&exchange, token))
        case (.mint, .mint):
            return .reply(try await mint(&exchange))
        case (.file, .confirm):
            return .reply(try await confirm(exchange))
        case (.standIn(let host, let path), .mint), (.standIn(let host, let path), .confirm):
            return .reply(try await standIn(&exchange, host, path))
        case (.unknown, _):
            throw Rejection(.notFound, "nothing is here: see /files/ and /upload/tus")
        default:
            throw Rejection(.methodNotAllowed, "\(exchange.method) is not possible here")
        }
    }

    private func options() -> Reply {
        var reply = Reply(status: .noContent)
        reply.headers[named: "Tus-Version"] = "1.0.0"
        reply.headers[named: "Tus-Extension"] = "creation,creation-with-upload,termination,expiration"
        reply.headers[named: "Tus-Max-Size"] = configuration.maximumSize.map(String.init)
        return reply
    }

    private func create(_ exchange: inout Exchange, _ endpoint: Route.Endpoint) async throws -> Outcome {
        try requireProtocol(exchange, endpoint)
        let headers = exchange.request.headers
        guard let length = headers.count(named: "Upload-Length"), headers[named: "Upload-Defer-Length"] == nil else {
            throw Rejection(.badRequest, "Upload-Length is missing or no number (a deferred length is not supported)")
        }
        if let bound = configuration.maximumSize, length > bound {
            throw Rejection(.contentTooLarge, "Upload-Length is over Tus-Max-Size, \(bound) bytes")
        }
        let header = headers[named: "Upload-Metadata"]
        let metadata = header.map { UploadMetadata($0) }
        if case .some(nil) = metadata { throw Rejection(.badRequest, "Upload-Metadata is malformed") }
        if exchange.hasBody { try requireBytes(exchange, room: length) }

        let grant = endpoint == .wix ? try await admit(metadata ?? nil, &exchange) : nil
        var media: StoredMedia?
        if let host = endpoint.host { media = try await admit(exchange, host, metadata ?? nil) }
        let now = Date().timeIntervalSince1970
        let upload = StoredUpload(
            id: UploadFolder.newIdentifier(),
            length: length,
            metadata: header,
            created: now,
            expires: configuration.expiresAfter.map { now + $0 / .seconds(1) },
            grant: grant,
            host: endpoint.host
        )
        try await FileWork.run { try folder.create(upload) }
        media?.upload = upload.id
        if let media { try await FileWork.run { try folder.save(media) } }
        if let grant { try await enter(upload.id, grant) }
        exchange.record.upload = upload.id
        exchange.record.offsetBefore = 0
        exchange.record.offsetAfter = 0

        var reply = Reply(status: .created)
        if exchange.hasBody {
            guard try await store(&exchange, upload, at: 0) else { return .hangUp }
            reply.headers[named: "Upload-Offset"] = exchange.record.offsetAfter.map(String.init)
        }
        reply.headers[.location] = exchange.origin + endpoint.path + upload.id
        if endpoint.host == .cloudflare { reply.headers[named: "stream-media-id"] = media?.id }
        reply.headers[named: "Upload-Expires"] = upload.expires.map(HTTPDate.text)
        return .reply(reply)
    }

    private func offset(_ exchange: inout Exchange, _ endpoint: Route.Endpoint, _ id: String) async throws -> Reply {
        let upload = try await upload(&exchange, endpoint, id)
        if case .loseBytes(let count) = exchange.fault?.effect {
            try await FileWork.run { try folder.lose(count, of: id) }
        }
        let offset = try await FileWork.run { try folder.offset(of: id) }
        if upload.host?.forgetsCompleteUploads == true, offset == upload.length {
            throw Rejection(.gone, "the upload is complete")
        }
        exchange.record.offsetBefore = offset
        exchange.record.offsetAfter = offset
        var reply = Reply(status: .ok)
        reply.headers[.cacheControl] = "no-store"
        reply.headers[named: "Upload-Offset"] = String(offset)
        reply.headers[named: "Upload-Length"] = String(upload.length)
        reply.headers[named: "Upload-Metadata"] = upload.metadata
        reply.headers[named: "Upload-Expires"] = upload.expires.map(HTTPDate.text)
        return reply
    }

    private func transfer(
        _ exchange: inout Exchange,
        _ endpoint: Route.Endpoint,
        _ id: String
    ) async throws -> Outcome {
        let upload = try await upload(&exchange, endpoint, id)
        let headers = exchange.request.headers
        let offset = try await FileWork.run { try folder.offset(of: id) }
        exchange.record.offsetBefore = offset
        exchange.record.offsetAfter = offset
        guard headers[.contentType] == Self.bodyType else {
            throw Rejection(.unsupportedMediaType, "Content-Type must be \(Self.bodyType)")
        }
        guard let claimed = headers.count(named: "Upload-Offset") else {
            throw Rejection(.badRequest, "Upload-Offset is missing or no number")
        }
        guard claimed == offset else {
            throw Rejection(.conflict, "Upload-Offset is \(claimed), the upload's offset is \(offset)")
        }
        try requireBytes(exchange, room: upload.length - offset)
        try requireChunk(exchange, upload, at: offset)
        guard try await store(&exchange, upload, at: offset) else { return .hangUp }

        var reply = Reply(status: .noContent)
        reply.headers[named: "Upload-Offset"] = exchange.record.offsetAfter.map(String.init)
        reply.headers[named: "Upload-Expires"] = upload.expires.map(HTTPDate.text)
        if case .loseBytes(let count) = exchange.fault?.effect {
            // The answer above stands: this is a server that acknowledged what its crash then lost.
            try await FileWork.run { try folder.lose(count, of: id) }
            exchange.record.offsetAfter = try await FileWork.run { try folder.offset(of: id) }
        }
        return .reply(reply)
    }

    private func delete(_ exchange: inout Exchange, _ endpoint: Route.Endpoint, _ id: String) async throws -> Reply {
        let upload = try await upload(&exchange, endpoint, id)
        try await FileWork.run { try folder.delete(upload) }
        return Reply(status: .noContent)
    }

    private func download(_ exchange: inout Exchange, _ endpoint: Route.Endpoint, _ id: String) async throws -> Reply {
        _ = try await upload(&exchange, endpoint, id)
        let size = try await FileWork.run { try folder.offset(of: id) }
        exchange.record.offsetBefore = size
        exchange.record.offsetAfter = size
        var reply = Reply(status: .ok, body: .file(folder.bytesPath(id), size: size))
        reply.headers[.contentType] = "application/octet-stream"
        return reply
    }

    // MARK: - Conditions

    /// The upload that the request names, after the checks that every request about one needs.
    private func upload(
        _ exchange: inout Exchange,
        _ endpoint: Route.Endpoint,
        _ id: String
    ) async throws -> StoredUpload {
        try requireProtocol(exchange, endpoint)
        let stored = try await FileWork.run { try folder.upload(id) }
        guard let stored, (stored.grant != nil) == (endpoint == .wix), stored.host == endpoint.host else {
            throw Rejection(.notFound, "there is no such upload")
        }
        exchange.record.upload = id
        exchange.record.grant = stored.grant
        guard !stored.deleted else { throw Rejection(.gone, "the upload was deleted") }
        guard !stored.isExpired else { throw Rejection(.gone, "the upload has expired") }
        return stored
    }

    private func requireProtocol(_ exchange: Exchange, _ endpoint: Route.Endpoint) throws {
        if endpoint == .wix { try refuseAuthorization(exchange) }
        if let host = endpoint.host { try authorize(exchange, host) }
        guard exchange.method != .get, exchange.request.headers[named: "Tus-Resumable"] != "1.0.0" else { return }
        var reply = Rejection(.preconditionFailed, "Tus-Resumable must be 1.0.0").reply
        reply.headers[named: "Tus-Version"] = "1.0.0"
        throw Rejection(reply)
    }

    private func requireBytes(_ exchange: Exchange, room: Int64) throws {
        guard exchange.request.headers[.contentType] == Self.bodyType else {
            throw Rejection(.unsupportedMediaType, "Content-Type must be \(Self.bodyType)")
        }
        if let declared = exchange.declaredLength, declared > room {
            throw Rejection(.badRequest, "the body has \(declared) bytes, the upload lacks \(room)")
        }
    }
}
