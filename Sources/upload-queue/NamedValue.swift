import ArgumentParser

/// A name with its value, from one argument.
struct NamedValue: Sendable {
    var name: String
    var value: String

    /// Reads `KEY=VALUE`.
    static func pair(_ text: String) throws -> NamedValue {
        guard let pair = NamedValue(text, separator: "=") else {
            throw ValidationError("'\(text)' is not KEY=VALUE.")
        }
        return pair
    }

    /// Reads `Name: value`.
    static func header(_ text: String) throws -> NamedValue {
        // The text is not repeated: it may hold a secret.
        guard var pair = NamedValue(text, separator: ":") else { throw ValidationError("A header is 'Name: value'.") }
        pair.value = String(pair.value.drop { $0 == " " })
        while pair.value.last == " " { pair.value.removeLast() }
        return pair
    }

    /// Reads `NAME=REFERENCE`.
    static func secret(_ text: String) throws -> NamedValue {
        // The text is not repeated: it may be the secret itself.
        guard let pair = NamedValue(text, separator: "="), pair.value.hasPrefix("env:"), pair.value != "env:" else {
            throw ValidationError("A secret is NAME=env:VARIABLE; the secret itself is never stored.")
        }
        return pair
    }

    private init?(_ text: String, separator: Character) {
        guard let split = text.firstIndex(of: separator), split != text.startIndex else { return nil }
        name = String(text[..<split])
        value = String(text[text.index(after: split)...])
    }
}

extension [NamedValue] {
    /// The values by name.
    ///
    /// - Parameter ignoringCase: Whether two names that differ in case only are the same.
    /// - Returns: The values.
    /// - Throws: `ValidationError` when a name is given twice.
    func dictionary(ignoringCase: Bool = false) throws -> [String: String] {
        var seen: Set<String> = []
        for pair in self where !seen.insert(ignoringCase ? pair.name.lowercased() : pair.name).inserted {
            throw ValidationError("\(pair.name) is given twice.")
        }
        return Dictionary(uniqueKeysWithValues: map { ($0.name, $0.value) })
    }
}
