#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What `grant-<id>.json` says about a minted upload token; the token itself is not stored.
struct StoredGrant: Codable, Sendable {
    /// 32 hexadecimal digits.
    let id: String
    /// SHA-256 of the token, hexadecimal.
    let tokenDigest: String
    /// Seconds since 1970 from which on the token is refused with 410.
    let expires: Double
    /// The file id that finalize will answer with.
    let fileID: String
    let request: MintRequest
    /// Uploads created with the token, oldest first.
    var uploads: [String] = []
    /// Finalize requests that named this token, refused ones included.
    var finalizeRequests = 0
    /// The descriptor, from the effective finalize on.
    var file: MediaFile?

    /// Whether its time has passed.
    var isExpired: Bool { expires <= Date().timeIntervalSince1970 }
}
