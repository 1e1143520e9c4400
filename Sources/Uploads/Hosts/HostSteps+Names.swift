/// Which places of templates there are, and where.
extension HostSteps {
    /// Every template of a request or of metadata.
    var templates: [Template] {
        let requests = [mint?.request, finalize?.request, question?.request].compactMap(\.self)
        return requests.flatMap(\.templates) + headers.values + (metadata.map { Array($0.values) } ?? [])
            + derived.values.flatMap(\.templates)
    }

    private var own: Set<String> {
        Set(values.keys.map { "config.\($0)" } + secrets.keys.map { "secret.\($0)" })
    }

    private var expiries: Set<String> { ["expiry.unix", "expiry.iso8601"] }

    private var file: Set<String> {
        own.union(expiries).union(["file.name", "file.type", "file.size", "upload.id"])
    }

    private var minted: Set<String> {
        guard let mint else { return file }
        return file.union(["mint.endpoint", "mint.token"]).union(mint.values.keys.map { "host.\($0)" })
    }

    /// What is known once the upload exists at the host.
    private var answered: Set<String> {
        let known = minted.union(captured.map { "host.\($0)" })
        return mint?.fileIDClaim == nil && finalize?.fileID == nil ? known : known.union(["host.fileID"])
    }

    /// Every template refers to what there is when it is filled in.
    func checkNames(_ root: ConfigurationNode) throws {
        try check(root, "endpoint", endpoint.map { [$0] } ?? [], knows: Set(values.keys.map { "config.\($0)" }))
        try check(root, "mint.request", mint?.request.templates ?? [], knows: with(derivedFrom: file))
        try check(root, "headers", Array(headers.values), knows: with(derivedFrom: minted))
        try check(root, "metadata", metadata.map { Array($0.values) } ?? [], knows: with(derivedFrom: minted))
        try check(root, "finalize.request", finalize?.request.templates ?? [], knows: with(derivedFrom: answered))
        try check(root, "file.request", question?.request.templates ?? [], knows: with(derivedFrom: answered))
        let all = with(derivedFrom: answered)
        for (name, text) in derived.sorted(by: { $0.key < $1.key }) {
            try check(root, "derived.\(name)", text.templates, knows: all)
        }
    }

    /// Every request has a URL, whatever its places stand for.
    func checkURLs(_ root: ConfigurationNode) throws {
        let requests = [("mint", mint?.request), ("finalize", finalize?.request), ("file", question?.request)]
        for (place, request) in requests {
            guard let url = request?.url, !url.startsWithAnswer else { continue }
            let sample = Dictionary(url.names.map { ($0, "x") }) { first, _ in first }
            let known = Dictionary(uniqueKeysWithValues: values.map { ("config.\($0.key)", $0.value) })
            guard (try? Destination.url(url.text(sample.merging(known) { $1 }))) != nil else {
                throw root.mistake("\(place).request.url", "it is not an http or https URL")
            }
        }
    }

    private func check(
        _ root: ConfigurationNode,
        _ place: String,
        _ templates: [Template],
        knows known: Set<String>
    ) throws {
        for name in templates.flatMap(\.names) where !known.contains(name) {
            let words = known.sorted().map { "{\($0)}" }.joined(separator: ", ")
            throw root.mistake(place, "{\(name)} stands for nothing here; there are \(words)")
        }
    }

    /// The names given, and those of the derived texts that can be made of them.
    private func with(derivedFrom known: Set<String>) -> Set<String> {
        var known = known
        for _ in derived {
            for (name, text) in derived where text.templates.flatMap(\.names).allSatisfy(known.contains) {
                known.insert("derived.\(name)")
            }
        }
        return known
    }
}
