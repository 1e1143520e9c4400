#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What is secret in a secret URL: all but its origin, which tells people what a message is about.
struct SecretURL {
    /// From this length on a part that has a digit is no ordinary word.
    private static let telling = 8
    /// From this length on any value of a query is taken for a secret.
    private static let long = 12

    /// The path with the query.
    let target: String
    /// The path, and what else tells of the URL by itself.
    let parts: [String]

    /// Nil where a text is no http or https URL.
    init?(_ text: String) {
        guard let url = URL(string: text), Origin(url) != nil,
            let components = URLComponents(url: url, resolvingAgainstBaseURL: true)
        else { return nil }
        let query = components.percentEncodedQuery ?? ""
        target = components.percentEncodedPath + (query.isEmpty ? "" : "?\(query)")
        // A server may tell them with the encoding and without.
        let paths = [components.percentEncodedPath, components.path]
        let items = (components.percentEncodedQueryItems ?? []) + (components.queryItems ?? [])
        let others = [components.user, components.password, components.fragment].compactMap { $0 }
        let names = paths.flatMap { $0.split(separator: "/") }.map { String($0) }
        parts = paths + (names + items.map { $0.value ?? $0.name } + others).filter(Self.tells)
    }

    private static func tells(_ name: String) -> Bool {
        let count = name.utf8.count
        return count >= long || count >= telling && name.contains { $0.isNumber }
    }
}
