import HTTPTypes

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension UploadMachine {
    mutating func startCreate() -> Action {
        if let capabilities = plan.capabilities {
            if let most = capabilities.maximumSize, most < upload.length {
                return fail(.fileTooLarge, Cause("\(upload.length) bytes, the server takes \(most)"))
            }
            if capabilities.lacks("creation") {
                return fail(.creationNotSupported, Cause("its OPTIONS answer has no creation extension"))
            }
        }
        guard Origin(upload.endpoint) != nil else { return invalid("its endpoint is no http or https URL") }
        var fields = tusFields(for: upload.endpoint)
        fields[.uploadLength] = String(upload.length)
        fields[.uploadMetadata] = plan.metadata.encoded
        fields[.contentLength] = "0"
        return send(Request(step: .create, method: .post, url: upload.endpoint, fields: fields))
    }

    mutating func created(_ answer: Answer, to request: Request, cause: Cause) -> Action {
        // Against the URL that answered: after a redirect the endpoint would be the wrong base.
        guard let url = answer.single(.location).flatMap(request.url.resolving(location:)) else {
            return malformed(request, cause: cause.adding("its Location is missing or no URL to upload to"))
        }
        let captured = plan.capture(answer)
        return record(
            .created(
                uploadURL: url,
                completing: reachesEnd(from: 0),
                captured: captured,
                expiresAt: expiry(in: answer)
            )
        )
    }

    /// When the server removes the upload, by `Upload-Expires` (tus 1.0, Expiration), else by what it said before.
    func expiry(in answer: Answer) -> Date? {
        if plan.grant { return nil }
        let date = answer.single(.uploadExpires).flatMap(HTTPDate.parse)
        return date.flatMap { Self.storable.contains($0) ? $0 : nil } ?? upload.expiresAt
    }

    /// The times that the row can hold; a server may name any.
    private static let storable = Date(timeIntervalSince1970: 0)..<Date(timeIntervalSince1970: 32_503_680_000)

    /// The custom header fields that may go to a URL, and `Tus-Resumable`.
    func tusFields(for url: URL) -> HTTPFields {
        let isOwnOrigin = Origin(url) != nil && Origin(url) == Origin(upload.endpoint)
        var fields = isOwnOrigin ? plan.headers.withoutProtocolFields : [:]
        fields[.tusResumable] = HTTPFields.tusProtocolVersion
        return fields
    }
}
