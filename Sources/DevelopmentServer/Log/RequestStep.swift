/// What a request is for, whatever its method and path.
package enum RequestStep: String, Codable, Sendable, CaseIterable {
    /// `OPTIONS`.
    case options
    /// Wix: `POST …/generate-resumable-upload-url`.
    case mint
    /// tus `POST`.
    case create
    /// tus `HEAD`.
    case offset
    /// tus `PATCH`.
    case transfer
    /// `GET` of an upload's bytes.
    case download
    /// tus `DELETE`.
    case delete
    /// Wix: `PUT {uploadUrl}/{uploadToken}`.
    case finalize
    /// Wix: `GET …/get-file-by-id`.
    case confirm
    /// Anything else.
    case other
}
