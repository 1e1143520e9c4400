import Foundation
import Testing

/// No value of a user or a server becomes a part of an SQL statement.
///
/// What stands in a statement by interpolation is a number, a quoted name of the schema's own, or a piece of SQL that the
/// sources write themselves; each such piece is named here.
@Suite struct BoundValuesTests {
    /// Pieces of SQL that are made of literals of the sources only, by file.
    private static let pieces: [String: Set<String>] = [
        "Checkpoint": ["pragma", "version"],
        "GrantlessUpload": ["code", "nothing", "before"],
        "Lane": ["columns", "ready"],
        "Migration": ["version"],
        "QueueCopy": [
            "pragma", "value", "name", "fate", "key", #"names.map(\.quotedDatabaseIdentifier).joined(separator: ", ")"#,
            #"values.joined(separator: ", ")"#,
        ],
        "Store+Claim": ["untimely", "mostSuspects"],
        "Store+Due": ["open", "index", "condition", "hasTries"],
        "Store+Examination": ["pragma", "since", "condition"],
        "Store+Progress": ["assignments"],
        "Store+Prune": ["sql", "order", #"retention.statuses.map { "'\($0.rawValue)'" }.joined(separator: ", ")"#],
        "Store+Read": ["index", "condition", "column", #"values.map { _ in "?" }.joined(separator: ", ")"#],
        "Store+Requests": [
            "phase", "assignment", #"mints ? "mint" : "create""#,
            #"isNew ? ", upload_length = NULL, source_mtime_ns = NULL" : """#,
            #"forgets ? "endpoint = NULL, upload_token = NULL, expires_at = NULL" : Self.forgetUploadExpires"#,
        ],
        "Store+Scope": ["assignments"],
        "Store+Waiting": ["isScheduled", "isRetry", "lane"],
        "Store+Workers": ["sameBoot ? 1 : 0"],
        "UploadQueue+Operation": ["statuses"],
    ]

    /// Constants, numbers, raw values of enumerations, and names that GRDB has quoted.
    private static func isHarmless(_ expression: String) -> Bool {
        expression.wholeMatch(of: #/(?:Self|[A-Z]\w+)\.\w+/#) != nil
            || expression.wholeMatch(of: #/max\(\d, [\w.]+\)/#) != nil
            || expression.hasSuffix(".rawValue") || expression.hasSuffix(".quotedDatabaseIdentifier")
    }

    @Test func everyInterpolationIsKnown() throws {
        var found: [String: Set<String>] = [:]
        for target in ["UploadStore", "Uploads"] {
            for file in Page.sources(of: target) {
                let code = try Page(file).lines.filter { !$0.trimmingCharacters(in: .whitespaces).hasPrefix("//") }
                let text = code.joined(separator: "\n")
                let expressions = SwiftText.interpolations(in: text) { $0.contains(Self.statement) }
                let name = file.deletingPathExtension().lastPathComponent
                found[name, default: []].formUnion(expressions.filter { !Self.isHarmless($0) })
            }
        }
        found = found.filter { !$0.value.isEmpty }
        #expect(found.count > 10, "statements are found")
        for (file, expressions) in found {
            let unknown = expressions.subtracting(Self.pieces[file] ?? [])
            #expect(unknown == [], "\(file): bind it as a value, or add it here where no outside text can be in it")
        }
        for (file, expressions) in Self.pieces {
            #expect(expressions.subtracting(found[file] ?? []) == [], "\(file): not there any more")
        }
    }

    /// Words of which text is SQL.
    private static var statement: Regex<Substring> {
        #/\b(?:SELECT|INSERT|UPDATE|DELETE|PRAGMA|CREATE TABLE|DROP|WHERE|ATTACH|VACUUM|SET|AND|FROM|ORDER BY)\b/#
    }

    /// The same from outside: text that would end a statement is text like any other.
    @Test func textThatLooksLikeSQLIsText() async throws {
        let commands = try QueueCommands()
        let name = #"x'); DROP TABLE upload; --""#
        try commands.write(name)
        try await commands.output("destination", "add", "s", "--tus", "http://127.0.0.1:9/", "--metadata", "k=\(name)")
        let add = [
            "add", name, "--to", "s", "--batch", name, "--unique-key", name, "--filename", name, "--metadata",
            "n=\(name)",
        ]
        let added = try await Command.run(add, in: commands.folder, environment: commands.environment)
        #expect(added.lines == ["1"], "\(added.errors)")
        let runs = [
            ["list", "--batch", name], ["pause", "--batch", name], ["resume", "--batch", name],
            ["batch", "show", name, "--json"], ["list", "--destination", name], ["prune", "--older-than", "1d"],
        ]
        for words in runs {
            let ending = try await Command.run(words, in: commands.folder, environment: commands.environment)
            #expect(!ending.errors.contains("syntax"), "\(words): \(ending.errors)")
        }
        let upload = try await commands.object("show", "1", "--json")
        #expect(upload["batch"] as? String == name && upload["filename"] as? String == name)
        try await commands.expectWholeDatabase()
    }
}

/// Swift's own text, as far as its string literals go.
private enum SwiftText {
    /// The expressions in `\( )` of the string literals that a condition picks.
    static func interpolations(in text: String, where condition: (String) -> Bool) -> [String] {
        var found: [String] = []
        var rest = Substring(text)
        while let start = rest.firstIndex(of: "\"") {
            let isLong = rest[start...].hasPrefix("\"\"\"")
            let quote = isLong ? "\"\"\"" : "\""
            var (expressions, literal) = ([String](), "")
            var position = rest.index(start, offsetBy: quote.count)
            while position < rest.endIndex, !rest[position...].hasPrefix(quote) {
                if rest[position...].hasPrefix("\\(") {
                    let end = Self.end(of: rest[rest.index(position, offsetBy: 2)...])
                    expressions.append(String(rest[rest.index(position, offsetBy: 2)..<end]))
                    position = end
                } else if rest[position] == "\\" {
                    position = rest.index(after: position)
                } else {
                    literal.append(rest[position])
                }
                if position < rest.endIndex { position = rest.index(after: position) }
            }
            if condition(literal) { found += expressions }
            rest = rest[(rest.index(position, offsetBy: quote.count, limitedBy: rest.endIndex) ?? rest.endIndex)...]
        }
        return found
    }

    /// Where the parenthesis closes that was open before a text.
    private static func end(of text: Substring) -> Substring.Index {
        var depth = 1
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" { depth -= 1 }
            if depth == 0 { return index }
        }
        return text.endIndex
    }
}
