/// What one request is for.
package enum Step: String, Sendable, CaseIterable {
    /// The `OPTIONS` that asks what a server can do; no part of an upload.
    case capabilities
    /// The request that asks the host's API for a grant.
    case mint
    /// The `POST` that creates the upload.
    case create
    /// The `HEAD` that asks how many bytes the server has.
    case offset
    /// The `PATCH` that carries bytes.
    case transfer
    /// The `DELETE` of a cancelled upload.
    case delete
    /// The request of the destination that turns the bytes into a file.
    case finalize
    /// The request that asks whether a finalize whose answer was lost made the file.
    case probe
    /// The request that asks whether the file is ready.
    case confirm

    /// The steps about an upload that are tus, and so carry the headers of its destination.
    package static let tus: Set<Step> = [.create, .offset, .transfer, .delete]
}
