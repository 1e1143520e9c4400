import SystemPackage

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the command says: results on standard output, the rest on standard error.
enum Output {
    /// Writes text as it is, at once and whole.
    static func write(_ text: String) throws {
        try FileDescriptor.standardOutput.writeAll(text.utf8)
    }

    /// Writes a line.
    static func line(_ text: String) throws { try write(text + "\n") }

    /// Writes one JSON document over several lines.
    static func json(_ value: some Encodable) throws { try line(text(value, [.prettyPrinted])) }

    /// Writes one JSON document on one line.
    static func jsonLine(_ value: some Encodable) throws { try line(text(value, [])) }

    /// Says something that is no result.
    static func note(_ text: String) {
        // Nobody may read standard error; that is no reason to stop.
        _ = try? FileDescriptor.standardError.writeAll("upload-queue: \(text.visible)\n".utf8)
    }

    private static func text(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// Writes null where there is no value, so that a JSON object always has all its keys.
@propertyWrapper
struct OrNull<Value: Encodable>: Encodable {
    var wrappedValue: Value?

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}
