#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// The origin of an http or https URL: scheme, host and effective port (RFC 6454).
package struct Origin: Sendable, Hashable {
    /// `http` or `https`.
    package let scheme: String
    /// The host in lower case, percent-encoded.
    package let host: String
    /// The port, the standard one where the URL names none.
    package let port: Int

    /// Nil when the URL is not http or https, or names no host.
    package init?(_ url: URL) {
        guard
            let scheme = url.scheme?.lowercased(), let host = url.host(percentEncoded: true), !host.isEmpty,
            let standardPort = ["http": 80, "https": 443][scheme]
        else { return nil }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = url.port ?? standardPort
    }
}

extension URL {
    /// The longest `Location` accepted, in bytes.
    static let longestLocation = 16 * 1_024

    /// The absolute URL that a `Location` names, seen from the URL that answered with it.
    ///
    /// - Parameter location: the field value, absolute or relative.
    /// - Returns: nil when the value is empty, over 16 KiB, no URL, not http or https, or http after https.
    package func resolving(location: String) -> URL? {
        guard
            !location.isEmpty, location.utf8.count <= Self.longestLocation,
            let resolved = URL(string: location, relativeTo: self),
            let url = URL(string: resolved.absoluteString),
            let origin = Origin(url)
        else { return nil }
        let isDowngrade = Origin(self)?.scheme == "https" && origin.scheme == "http"
        return isDowngrade ? nil : url
    }
}
