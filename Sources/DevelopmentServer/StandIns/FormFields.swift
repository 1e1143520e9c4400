#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The texts of a `multipart/form-data` body (RFC 7578).
struct FormFields {
    /// By the name of their field.
    let texts: [String: String]

    /// Reads a body; nil where it is no form of texts.
    init?(_ body: Data, contentType: String) {
        let mark = "multipart/form-data; boundary="
        guard contentType.hasPrefix(mark), let text = String(bytes: body, encoding: .utf8) else { return nil }
        let boundary = "--" + contentType.dropFirst(mark.count)
        let parts = ("\r\n" + text).components(separatedBy: "\r\n" + boundary)
        guard parts.count >= 2, parts.first == "", parts.last?.hasPrefix("--") == true else { return nil }
        var texts: [String: String] = [:]
        for part in parts.dropFirst().dropLast() {
            let halves = part.components(separatedBy: "\r\n\r\n")
            let opening = "\r\nContent-Disposition: form-data; name=\""
            guard halves.count >= 2, halves[0].hasPrefix(opening), halves[0].hasSuffix("\"") else { return nil }
            let name = String(halves[0].dropFirst(opening.count).dropLast())
            texts[name] = halves.dropFirst().joined(separator: "\r\n\r\n")
        }
        self.texts = texts
    }
}
