#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// A change of an upload's row, recorded before the machine goes on (design.md §5).
package enum Transition: Sendable, Equatable {
    /// The host's API gave a grant, or the URL of an upload that it created itself.
    case minted(HostAPI.Minted)
    /// The server has an upload for us; `completing` when the first `PATCH` can carry the last byte.
    ///
    /// `captured` is what the answer had that later requests need, by name; `expiresAt` as in `acknowledged`.
    case created(uploadURL: URL, completing: Bool, captured: [String: String] = [:], expiresAt: Date? = nil)
    /// The server has `offset` bytes; `completing` when the next `PATCH` can carry the last byte.
    ///
    /// `expiresAt` is when it removes the upload, as it said last; nil where it said nothing, or there is a grant.
    case acknowledged(offset: Int64, completing: Bool, expiresAt: Date? = nil)
    /// The server has all bytes: the offset is the length. With `.done` the upload is complete.
    case transferred(next: Phase)
    /// A finalize request is about to be sent.
    case finalizeSent
    /// The host refused the key of a finalize, which so made no file and counts as not sent; tried again later, or
    /// parked until the credentials are renewed.
    case finalizeDenied(Problem, retryAfter: RetryAfter?, parks: Bool)
    /// The destination made a file of the bytes; `response` is its answer as text. With `.done` the upload is complete.
    case finalized(response: String, next: Phase)
    /// The file is ready, or was waited for long enough, which the problem notes. The upload is complete.
    case confirmed(Problem?)
    /// Try again later; `pausesDestination` when the server asked all its clients to wait.
    case later(Problem, retryAfter: RetryAfter?, pausesDestination: Bool)
    /// The server forgot the upload, or its grant: no upload URL, offset 0, one more restart.
    ///
    /// The machine goes on with `create`, or with `mint` and without the grant.
    case gone(Problem, next: Phase)
    /// Refused for good, or not safe to go on with.
    case failed(Problem)
    /// Waits until a person has changed something.
    case parked(ParkReason, Problem)
    /// Cancelled. The problem is a note for the case that the server keeps what it has.
    case deleted(Problem?)
}

/// Why an upload waits for a person.
package enum ParkReason: String, Sendable {
    /// The destination's credentials need renewal.
    case credentials
    /// A permission or a precondition is missing.
    case permission
    /// Space or money is used up.
    case quota
}
