#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What `<id>.json` says about an upload; its offset is the size of `<id>.bin`.
struct StoredUpload: Codable, Sendable {
    /// 32 hexadecimal digits.
    let id: String
    /// Bytes of the whole upload.
    let length: Int64
    /// `Upload-Metadata` as it came.
    let metadata: String?
    /// Seconds since 1970.
    let created: Double
    /// Seconds since 1970 from which on the upload answers 410; nil for never.
    let expires: Double?
    /// The Wix grant it was created with; nil for an upload of the plain tus endpoint.
    let grant: String?
    /// The host that is stood in for, where it was created at one.
    var host: StandIn?
    /// Whether a DELETE ended it.
    var deleted = false

    /// Whether its time has passed.
    var isExpired: Bool { expires.map { $0 <= Date().timeIntervalSince1970 } ?? false }
}
