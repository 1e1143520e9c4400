import Crypto
import HTTPTypes
import Hummingbird
import NIOCore
import SystemPackage

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension RequestHandler {
    /// Bytes of a JSON body that are read at most.
    private static let jsonBound = 64 << 10
    /// Uploads that one token may create before its finalize.
    private static let creationBound = 1000
    /// Bytes hashed at a time.
    private static let hashChunk = 1 << 20

    // MARK: - Mint

    /// Mints a token, and makes it durable.
    func mint(_ exchange: inout Exchange) async throws -> Reply {
        let body = try await smallBody(&exchange)
        let request: MintRequest
        do {
            request = try JSONDecoder().decode(MintRequest.self, from: body)
        } catch {
            throw Rejection.wixField("mimeType", "the body must be a JSON object with a text 'mimeType'")
        }
        if let violation = request.violation { throw Rejection.wixField(violation.field, violation.rule) }
        let (grant, token) = try await grant(for: request)
        exchange.record.grant = grant.id
        let uploadURL = exchange.origin + Self.uploadPath
        return Reply(status: .ok, body: .json(MintResponse(uploadUrl: uploadURL, uploadToken: token.text)))
    }

    /// The path of the tus endpoint that tokens are for.
    static let uploadPath = "/upload/tus"

    /// A new grant, durable, and its token.
    func grant(for request: MintRequest) async throws -> (StoredGrant, UploadToken) {
        let now = Date().timeIntervalSince1970
        let expires = now + configuration.tokenLifetime / .seconds(1)
        let id = UploadFolder.newIdentifier()
        let fileID = "\(id.prefix(6))_\(id)~mv2.\(request.fileExtension)"
        let token = try UploadToken(grant: id, fileID: fileID, issued: now, expires: expires)
        let grant = StoredGrant(
            id: id,
            tokenDigest: token.digest,
            expires: expires,
            fileID: fileID,
            request: request
        )
        try await FileWork.run { try folder.save(grant) }
        return (grant, token)
    }

    // MARK: - tus

    /// Refuses what the real host refuses: a pre-signed request that carries credentials of its own.
    func refuseAuthorization(_ exchange: Exchange) throws {
        guard exchange.request.headers[.authorization] != nil else { return }
        throw Rejection(.badRequest, "an Authorization header must not be sent here: the token authorizes")
    }

    /// Checks the metadata of a creation.
    ///
    /// - Returns: the grant that the creation's token belongs to.
    func admit(_ metadata: UploadMetadata?, _ exchange: inout Exchange) async throws -> String {
        for key in ["filename", "contentType", "token"] where metadata?.text(key)?.isEmpty ?? true {
            throw Rejection(.badRequest, "Upload-Metadata lacks '\(key)'")
        }
        let grant = try await grant(of: UploadToken(metadata?.text("token") ?? ""))
        exchange.record.grant = grant.id
        guard grant.file == nil, grant.uploads.count < Self.creationBound else {
            throw Rejection.wix(.tooManyRequests, "UPLOAD_TOKEN_USED", "The upload token was used.")
        }
        return grant.id
    }

    /// Notes in a grant's record that an upload was created with it.
    func enter(_ upload: String, _ grantID: String) async throws {
        try await locks.withLock(Self.grantLock(grantID), waitingUpTo: configuration.lockWait) {
            try await FileWork.run {
                guard var grant = try folder.grant(grantID) else { return }
                grant.uploads.append(upload)
                try folder.save(grant)
            }
        }
    }

    private func grant(of token: UploadToken) async throws -> StoredGrant {
        let id = token.grant
        let stored = try await FileWork.run { try id.flatMap { try folder.grant($0) } }
        guard let stored, stored.tokenDigest == token.digest else {
            throw Rejection.wix(.unauthorized, "UNAUTHENTICATED", "The upload token is not known.")
        }
        guard !stored.isExpired else {
            throw Rejection.wix(.gone, "UPLOAD_TOKEN_EXPIRED", "The upload token has expired.")
        }
        return stored
    }

    // MARK: - Finalize

    /// Finalizes, once: deliberately not idempotent.
    func finalize(_ exchange: inout Exchange, _ token: UploadToken) async throws -> Reply {
        try refuseAuthorization(exchange)
        let body = try await smallBody(&exchange)
        var grant = try await grant(of: token)
        exchange.record.grant = grant.id
        grant.finalizeRequests += 1
        let counted = grant
        try await FileWork.run { try folder.save(counted) }
        guard grant.file == nil else {
            throw Rejection.wix(.tooManyRequests, "UPLOAD_TOKEN_USED", "The upload token was used.")
        }
        guard (try? JSONDecoder().decode([String: String?].self, from: body)) != nil else {
            throw Rejection.wixField("body", "must be a JSON object")
        }
        guard let name = exchange.query("filename") ?? grant.request.fileName, !name.isEmpty else {
            throw Rejection.wixField("filename", "is missing")
        }
        guard let upload = try await completeUpload(of: grant) else {
            throw Rejection.wix(.badRequest, "UPLOAD_NOT_COMPLETE", "The file's bytes are not all there.")
        }
        let md5 = try await FileWork.run { try hash(upload.id) }
        let file = MediaFile(
            of: grant,
            displayName: name,
            size: upload.length,
            md5: md5,
            // As at the host, another one than that of the upload, which is a secret.
            url: "\(exchange.origin)/media/\(upload.id)",
            now: Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        )
        grant.file = file
        let finalized = grant
        try await FileWork.run { try folder.save(finalized) }
        exchange.record.upload = upload.id
        exchange.record.finalized = true
        return Reply(status: .ok, body: .json(MediaFileResponse(file: file)))
    }

    /// The youngest upload of a grant that has all its bytes.
    private func completeUpload(of grant: StoredGrant) async throws -> StoredUpload? {
        try await FileWork.run {
            for id in grant.uploads.reversed() {
                guard let upload = try folder.upload(id), !upload.deleted, !upload.isExpired else { continue }
                if try folder.offset(of: id) == upload.length { return upload }
            }
            return nil
        }
    }

    private func hash(_ id: String) throws -> String {
        let file = try folder.openBytes(of: id, .readOnly)
        return try file.closeAfter {
            var hash = Insecure.MD5()
            let space = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.hashChunk, alignment: 16)
            defer { space.deallocate() }
            while true {
                let count = try file.read(into: space)
                guard count > 0 else { break }
                hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: space[..<count]))
            }
            return hash.finalize().map(UploadFolder.hexadecimal).joined()
        }
    }

    // MARK: - Confirm

    /// The descriptor of a finalized file, by its id.
    func confirm(_ exchange: Exchange) async throws -> Reply {
        let id = exchange.query("fileId")
        // A file id is `<6 digits>_<grant>~mv2.<extension>`.
        let grantID = id.map { String($0.prefix { $0 != "~" }.drop { $0 != "_" }.dropFirst()) }
        let grant = try await FileWork.run { try grantID.flatMap { try folder.grant($0) } }
        guard let grant, grant.fileID == id, let file = grant.file else {
            throw Rejection.wix(.notFound, "FILE_NOT_FOUND", "There is no such file.")
        }
        return Reply(status: .ok, body: .json(MediaFileResponse(file: file)))
    }

    /// The whole body of a request to an API.
    func smallBody(_ exchange: inout Exchange) async throws -> Data {
        guard exchange.hasBody else { return Data() }
        exchange.bodyState = .partly
        let body: ByteBuffer
        do {
            body = try await exchange.request.body.collect(upTo: Self.jsonBound)
        } catch {
            throw Rejection.wix(.contentTooLarge, "REQUEST_TOO_LARGE", "The body is over \(Self.jsonBound) bytes.")
        }
        exchange.bodyState = .consumed
        exchange.record.bytesReceived = Int64(body.readableBytes)
        return Data(body.readableBytesView)
    }
}
