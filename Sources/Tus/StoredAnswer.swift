#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What is kept of a host's answer: without the grant, which is erased at the end and would outlive that in here.
///
/// Only what is a secret as a whole is taken out. What resembles a part of one stays, since a file may well be named
/// like the upload that it came from.
struct StoredAnswer {
    /// Secrets shorter than this may be parts of other words.
    private static let shortest = 8
    private static let mark = Array("[redacted]".utf8)

    /// Taken out wherever they are, the longest first.
    private let secrets: [[UInt8]]
    /// Paths with their queries, taken out where a text ends in one: then it is the URL, as seen from elsewhere.
    private let targets: [[UInt8]]

    /// - Parameters:
    ///   - grant: the token and the URLs that came with it.
    ///   - name: what the host calls its file, which later requests need.
    init(without grant: [String], keeping name: String?) {
        func bytes(_ texts: [String]) -> [[UInt8]] {
            texts.filter { $0.utf8.count >= Self.shortest && name?.contains($0) != true }
                .map { Array($0.utf8) }
                .sorted { $0.count > $1.count }
        }
        secrets = bytes(grant + grant.map(\.percentEncoded))
        targets = bytes(grant.compactMap { SecretURL($0)?.target })
    }

    /// The text of a JSON document, which stays one.
    func callAsFunction(_ body: [UInt8]) -> String {
        var stored: [UInt8] = []
        var rest = body[...]
        while let start = rest.firstIndex(of: UInt8(ascii: "\"")) {
            let end = Self.endOfString(in: rest, from: start)
            stored += rest[..<start]
            stored += string(rest[start..<end])
            rest = rest[end...]
        }
        return String(decoding: stored + rest, as: UTF8.self)
    }

    /// Behind the string that begins with the quote at `start`.
    private static func endOfString(in bytes: ArraySlice<UInt8>, from start: Int) -> Int {
        var index = start + 1
        while index < bytes.endIndex, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, bytes.endIndex)
    }

    /// A string of JSON with its quotes; as it came where nothing is taken out.
    private func string(_ literal: ArraySlice<UInt8>) -> [UInt8] {
        let isEscaped = literal.contains(UInt8(ascii: "\\"))
        let text = isEscaped ? try? JSONDecoder().decode(String.self, from: Data(literal)) : nil
        let bytes = text.map { Array($0.utf8) } ?? Array(literal.dropFirst().dropLast())
        let kept = without(bytes)
        guard kept != bytes else { return Array(literal) }
        let written = try? JSONEncoder().encode(String(decoding: kept, as: UTF8.self))
        return written.map(Array.init) ?? Array("\"\"".utf8)
    }

    private func without(_ bytes: [UInt8]) -> [UInt8] {
        var kept = bytes
        for secret in secrets where kept.count >= secret.count { kept = kept.replacing(secret, with: Self.mark) }
        guard let target = targets.first(where: { kept.suffix($0.count).elementsEqual($0) }) else { return kept }
        return kept.dropLast(target.count) + Self.mark
    }
}
