/// Where a secret is: a reference, since a secret itself is never stored.
enum Secret {
    /// The prefix of the name of an environment variable of the worker.
    static let environment = "env:"
    /// The prefix of the name of a provider of the program.
    static let provider = "provider:"

    /// Whether a text is a reference.
    static func isReference(_ text: String) -> Bool {
        [environment, provider].contains { prefix in
            let name = text.dropFirst(prefix.count)
            return text.hasPrefix(prefix) && !name.isEmpty && !name.contains { $0 == "=" || $0.isWhitespace }
        }
    }
}
