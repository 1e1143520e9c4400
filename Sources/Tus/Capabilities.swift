package import HTTPTypes

#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// What a tus server says it can do (tus 1.0.0, `OPTIONS`).
package struct Capabilities: Sendable, Equatable {
    /// The protocol versions of the server, its preference first.
    package let versions: [String]
    /// The extensions, in lower case; empty when the server named none.
    package let extensions: Set<String>
    /// The largest upload in bytes; nil when the server did not say.
    package let maximumSize: Int64?

    /// Capabilities as given; extensions in lower case.
    package init(versions: [String], extensions: Set<String>, maximumSize: Int64? = nil) {
        self.versions = versions
        self.extensions = extensions
        self.maximumSize = maximumSize
    }

    /// Reads the answer to `request(endpoint:headers:)`.
    ///
    /// - Returns: nil, which means unknown, when the answer is not 2xx or has no `Tus-Version`.
    package init?(_ answer: Answer) {
        let versions = Self.list(answer.fields[.tusVersion])
        guard 200...299 ~= answer.status, !versions.isEmpty else { return nil }
        self.versions = versions
        self.extensions = Set(Self.list(answer.fields[.tusExtension]).map { $0.lowercased() })
        self.maximumSize = answer.byteCount(.tusMaxSize)
    }

    /// True only when the server listed extensions and this one is not among them.
    ///
    /// Servers and proxies leave the list out without meaning it, so no list says nothing.
    package func lacks(_ name: String) -> Bool {
        !extensions.isEmpty && !extensions.contains(name)
    }

    /// The request that asks for the capabilities; `OPTIONS` goes without `Tus-Resumable`.
    ///
    /// - Parameters:
    ///   - endpoint: where uploads are created.
    ///   - headers: the destination's own header fields.
    /// - Returns: a request without a body.
    package static func request(endpoint: URL, headers: HTTPFields) -> Request {
        Request(step: .capabilities, method: .options, url: endpoint, fields: headers.withoutProtocolFields)
    }

    private static func list(_ value: String?) -> [String] {
        // By bytes: a comma before a combining mark is one character with it, and a comma all the same.
        let separators = Set(", \t".utf8)
        return (value ?? "").utf8.split(whereSeparator: separators.contains).prefix(64).map { String(Substring($0)) }
    }
}
