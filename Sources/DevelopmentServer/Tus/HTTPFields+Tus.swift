import HTTPTypes

extension HTTPFields {
    /// The field of that name; nil when there is none, or when the name is not one.
    subscript(named name: String) -> String? {
        get { HTTPField.Name(name).flatMap { self[$0] } }
        set {
            guard let name = HTTPField.Name(name) else { return }
            self[name] = newValue
        }
    }

    /// The field of that name as a non-negative number: digits only; nil for anything else.
    func count(named name: String) -> Int64? {
        guard let text = self[named: name], text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }

    /// Names that neither HTTP nor tus nor these endpoints ask for, sorted, lower case.
    var customNames: [String] {
        let names = Set(lazy.map { $0.name.canonicalName }).subtracting(Self.expectedNames)
        return names.filter { !$0.hasPrefix("upload-") }.sorted()
    }

    private static let expectedNames: Set<String> = [
        "accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "expect", "host",
        "te", "transfer-encoding", "tus-resumable", "user-agent", "x-http-method-override",
    ]
}
