#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// The origin of an http or https URL: scheme, host and effective port (RFC 6454).
package struct Origin: Sendable, Hashable {
    /// `http` or `https`.
    package let scheme: String
    /// The host in lower case.
    package let host: String
    /// The port, the standard one where the URL names none.
    package let port: Int

    /// Nil when the URL is not http or https, names no host, or a host or a port that cannot be.
    ///
    /// The host is the one that the HTTP client asks for, without `%` and beyond ASCII in the form of IDNA: two URLs
    /// that spell it in two ways have one origin. At a port over 65,535 the client stops the program.
    package init?(_ url: URL) {
        guard
            let scheme = url.scheme?.lowercased(), let host = url.host(percentEncoded: false), !host.isEmpty,
            host.utf8.allSatisfy({ 0x21...0x7E ~= $0 }),
            let standardPort = ["http": 80, "https": 443][scheme], 1...65_535 ~= url.port ?? standardPort
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
    /// - Returns: the URL with its scheme in lower case, as it is stored; nil when the value is empty, over 16 KiB, no
    ///   URL, one that has no ``Origin``, or http after https.
    package func resolving(location: String) -> URL? {
        guard
            !location.isEmpty, location.utf8.count <= Self.longestLocation,
            let resolved = URL(string: location, relativeTo: self), let origin = Origin(resolved),
            let url = URL(string: origin.scheme + resolved.absoluteString.dropFirst(origin.scheme.utf8.count))
        else { return nil }
        let isDowngrade = Origin(self)?.scheme == "https" && origin.scheme == "http"
        return isDowngrade ? nil : url
    }
}
