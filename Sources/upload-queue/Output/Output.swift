import Synchronization
import SystemPackage

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the command says: results on standard output, the rest on standard error.
enum Output {
    /// What stands below everything that is written, on the terminal of standard error.
    private static let footer = Mutex<Footer?>(nil)

    /// Writes text as it is, at once and whole.
    static func write(_ text: String) throws {
        try aboveFooter { try FileDescriptor.standardOutput.writeAll(text.utf8) }
    }

    /// Writes a line.
    static func line(_ text: String) throws { try write(text + "\n") }

    /// Writes one JSON document over several lines.
    static func json(_ value: some Encodable) throws { try line(text(value, [.prettyPrinted])) }

    /// Writes one JSON document on one line.
    static func jsonLine(_ value: some Encodable) throws { try line(text(value, [])) }

    /// One JSON document on one line, without its end.
    static func text(_ value: some Encodable) throws -> String { try text(value, []) }

    /// Says something that is no result.
    static func note(_ text: String) {
        // Nobody may read standard error; that is no reason to stop.
        aboveFooter { writeError("upload-queue: \(text.visible)\n") }
    }

    /// Says what the parser of the arguments says, in its own lines.
    static func complain(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        writeError(lines.map { "\(String($0).visible)\n" }.joined())
    }

    /// Shows lines below everything else, in place of those before; none removes them.
    ///
    /// - Parameters:
    ///   - lines: The lines, each narrower than the terminal.
    ///   - columns: The columns of the terminal.
    static func showFooter(_ lines: [String], columns: Int) {
        footer.withLock { footer in
            let new = lines.isEmpty ? nil : Footer(lines: lines, columns: columns)
            // In one write, and each line over the one before: nothing flickers.
            let text = (footer?.goToStart(columns: columns) ?? "") + (new?.text ?? Footer.eraseBelow)
            writeError(text)
            footer = new
        }
    }

    private static func aboveFooter(_ write: () throws -> Void) rethrows {
        try footer.withLock { footer in
            guard let footer else { return try write() }
            writeError(footer.goToStart(columns: footer.columns) + Footer.eraseBelow)
            defer { writeError(footer.text) }
            try write()
        }
    }

    private static func writeError(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll(text.utf8)
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
