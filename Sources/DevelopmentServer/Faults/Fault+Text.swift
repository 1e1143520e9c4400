import HTTPTypes

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Fault {
    /// A fault's text form says something that cannot be used.
    package struct ParseError: Error, Equatable, CustomStringConvertible {
        /// What is wrong, and what is possible instead.
        package let description: String
    }

    /// The text form, for `--help`.
    package static let textForm = """
        WHICH:EFFECT[:OPTION...], for example PATCH:status=503:times=2 or transfer:cut=1048576. WHICH is a method, \
        a step (\(RequestStep.allCases.map(\.rawValue).joined(separator: ", "))) or *. EFFECT is one of status=CODE \
        (with header=NAME=VALUE, body=TEXT), status-after=CODE, delay=SECONDS, cut=BYTES, cut-after-processing, \
        accept-only=BYTES, stall=BYTES, drop-header=NAME, set-header=NAME=VALUE, lose=BYTES. OPTION is times=N (how \
        many requests, default 1), nth=N (from the Nth fitting request on) or path=TEXT (that the path contains); \
        body=TEXT comes last, since all that follows is its text.
        """

    /// Reads the text form, see ``textForm``.
    ///
    /// - Parameter text: the text form.
    /// - Throws: ``ParseError`` that names the part at fault.
    package init(parsing text: String) throws(ParseError) {
        // A body is JSON more often than not, which has colons of its own.
        let halves = text.components(separatedBy: ":body=")
        var parts = halves[0].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if halves.count > 1 { parts.append("body=" + halves.dropFirst().joined(separator: ":body=")) }
        guard parts.count >= 2 else {
            throw ParseError(description: "fault '\(text)' has no effect: write for example 'PATCH:status=503'")
        }
        var draft = Draft(match: try Self.match(parts[0]))
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            try draft.read(pair[0], pair.count == 2 ? pair[1] : nil)
        }
        try self.init(draft.match, draft.finished(text), times: draft.times)
    }

    private static func match(_ text: String) throws(ParseError) -> Match {
        if text == "*" { return Match() }
        if let step = RequestStep(rawValue: text) { return Match(step: step) }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            let steps = RequestStep.allCases.map(\.rawValue).joined(separator: ", ")
            throw ParseError(description: "'\(text)' is no method in capitals, no step (\(steps)) and not *")
        }
        return Match(method: text)
    }
}

/// A fault as far as its parts were read.
private struct Draft {
    var match: Fault.Match
    var times = 1
    private var effect: Fault.Effect?
    private var body: String?
    private var headers: [String: String] = [:]

    init(match: Fault.Match) {
        self.match = match
    }

    mutating func read(_ key: String, _ value: String?) throws(Fault.ParseError) {
        switch key {
        case "times": times = Int(try number(key, value, 1...1_000_000))
        case "nth": match.occurrence = Int(try number(key, value, 1...1_000_000))
        case "path": match.path = try text(key, value)
        case "body": body = try text(key, value)
        case "header":
            let header = try pair(key, value)
            headers[header.name] = header.value
        default:
            guard effect == nil else {
                throw Fault.ParseError(description: "'\(key)' is a second effect, or no option: one effect a fault")
            }
            effect = try readEffect(key, value)
        }
    }

    private func readEffect(_ key: String, _ value: String?) throws(Fault.ParseError) -> Fault.Effect {
        switch key {
        case "status": return .status(Int(try number(key, value, 200...599)))
        case "status-after": return .statusAfter(Int(try number(key, value, 200...599)))
        case "delay": return .delay(try duration(key, value))
        case "cut": return .cut(afterBytes: try number(key, value, 0...Int64.max))
        case "cut-after-processing" where value == nil: return .cutAfterProcessing
        case "accept-only": return .acceptOnly(try number(key, value, 0...Int64.max))
        case "stall": return .stall(afterBytes: try number(key, value, 0...Int64.max))
        case "drop-header": return .dropHeader(try headerName(key, try text(key, value)))
        case "set-header":
            let header = try pair(key, value)
            return .setHeader(header.name, header.value)
        case "lose": return .loseBytes(try number(key, value, 1...Int64.max))
        default: throw Fault.ParseError(description: "'\(key)' is no effect and no option: \(Fault.textForm)")
        }
    }

    func finished(_ text: String) throws(Fault.ParseError) -> Fault.Effect {
        guard let effect else {
            throw Fault.ParseError(description: "fault '\(text)' has no effect: add for example 'status=503'")
        }
        guard body != nil || !headers.isEmpty else { return effect }
        guard case .status(let code, _, _) = effect else {
            throw Fault.ParseError(description: "fault '\(text)': 'body' and 'header' belong to 'status=CODE'")
        }
        return .status(code, body: body, headers: headers)
    }

    private func text(_ key: String, _ value: String?) throws(Fault.ParseError) -> String {
        guard let value, !value.isEmpty else {
            throw Fault.ParseError(description: "'\(key)' needs a value: write '\(key)=...'")
        }
        return value
    }

    private func number(
        _ key: String,
        _ value: String?,
        _ range: ClosedRange<Int64>
    ) throws(Fault.ParseError) -> Int64 {
        let digits = try text(key, value)
        guard let number = Int64(digits), range.contains(number) else {
            throw Fault.ParseError(
                description: "'\(key)=\(digits)': expected a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    private func duration(_ key: String, _ value: String?) throws(Fault.ParseError) -> Duration {
        let digits = try text(key, value)
        guard let seconds = Double(digits), (0...600).contains(seconds) else {
            throw Fault.ParseError(description: "'\(key)=\(digits)': expected seconds from 0 to 600, such as 0.5")
        }
        return .seconds(seconds)
    }

    private func headerName(_ key: String, _ name: String) throws(Fault.ParseError) -> String {
        guard HTTPField.Name(name) != nil else {
            throw Fault.ParseError(description: "'\(key)=\(name)': '\(name)' is no header name")
        }
        return name
    }

    private func pair(_ key: String, _ value: String?) throws(Fault.ParseError) -> (name: String, value: String) {
        let both = try text(key, value)
        let halves = both.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard halves.count == 2, HTTPField.isValidValue(halves[1]) else {
            throw Fault.ParseError(description: "'\(key)=\(both)': write '\(key)=NAME=VALUE'")
        }
        return (try headerName(key, halves[0]), halves[1])
    }
}

extension Fault: CustomStringConvertible {
    /// The text form; it reads back as an equal fault unless the path or a header in it contains a colon.
    package var description: String {
        var parts = [match.step?.rawValue ?? match.method ?? "*", effect.text]
        var body: String?
        if case .status(_, let text, let headers) = effect {
            body = text
            parts += headers.sorted { $0.key < $1.key }.map { "header=\($0.key)=\($0.value)" }
        }
        if match.occurrence != 1 { parts.append("nth=\(match.occurrence)") }
        if let path = match.path { parts.append("path=\(path)") }
        if times != 1 { parts.append("times=\(times)") }
        if let body { parts.append("body=\(body)") }
        return parts.joined(separator: ":")
    }
}

extension Fault.Effect {
    fileprivate var text: String {
        switch self {
        case .status(let code, _, _): "status=\(code)"
        case .statusAfter(let code): "status-after=\(code)"
        case .delay(let duration): "delay=\(duration / .seconds(1))"
        case .cut(let bytes): "cut=\(bytes)"
        case .cutAfterProcessing: "cut-after-processing"
        case .acceptOnly(let bytes): "accept-only=\(bytes)"
        case .stall(let bytes): "stall=\(bytes)"
        case .dropHeader(let name): "drop-header=\(name)"
        case .setHeader(let name, let value): "set-header=\(name)=\(value)"
        case .loseBytes(let bytes): "lose=\(bytes)"
        }
    }
}
