package import HTTPTypes

extension HTTPField.Name {
    /// `Tus-Resumable`.
    package static let tusResumable = tus("Tus-Resumable")
    /// `Tus-Version`.
    package static let tusVersion = tus("Tus-Version")
    /// `Tus-Extension`.
    package static let tusExtension = tus("Tus-Extension")
    /// `Tus-Max-Size`.
    package static let tusMaxSize = tus("Tus-Max-Size")
    /// `Upload-Length`.
    package static let uploadLength = tus("Upload-Length")
    /// `Upload-Metadata`.
    package static let uploadMetadata = tus("Upload-Metadata")
    /// `Upload-Expires`.
    package static let uploadExpires = tus("Upload-Expires")
    /// `Upload-Offset`.
    package static let uploadOffset = tus("Upload-Offset")

    /// True for the fields that this target sets itself; a custom header never replaces one of them.
    package var isProtocolField: Bool {
        let name = canonicalName
        return name.hasPrefix("upload-") || name.hasPrefix("tus-")
            || ["content-type", "content-length", "transfer-encoding", "host"].contains(name)
    }

    private static func tus(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("\(name) is no valid header field name") }
        return name
    }
}

extension HTTPFields {
    /// The value of `Tus-Resumable`.
    package static let tusProtocolVersion = "1.0.0"

    /// A copy without the fields that belong to the protocol.
    package var withoutProtocolFields: HTTPFields {
        HTTPFields(filter { !$0.name.isProtocolField })
    }
}
