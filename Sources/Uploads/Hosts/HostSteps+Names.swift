internal import Tus

/// Which places of templates there are, and where.
extension HostSteps {
    /// The steps whose credentials may be others from one claim to the next.
    var renewed: Set<Step> {
        var steps: Set<Step> = isRenewed(Array(headers.values)) ? Step.tus : []
        if isRenewed(mint?.request.templates ?? []) { steps.insert(.mint) }
        if isRenewed(finalize?.request.templates ?? []) { steps.insert(.finalize) }
        if isRenewed(question?.request.templates ?? []) { steps.formUnion([.probe, .confirm]) }
        return steps
    }

    /// Whether the finalize request carries a secret of the destination, beside what the grant brought.
    var finalizeHoldsSecret: Bool {
        origins(of: finalize?.request.templates ?? []).contains { $0.hasPrefix("secret.") }
    }

    private func isRenewed(_ templates: [Template]) -> Bool {
        origins(of: templates).contains { name in
            name.hasPrefix("expiry.")
                || secrets.contains { name == "secret.\($0.key)" && $0.value.hasPrefix(Secret.provider) }
        }
    }

    /// The names in templates, and in those of the derived texts that they refer to.
    private func origins(of templates: [Template]) -> Set<String> {
        var names = Set(templates.flatMap(\.names))
        for _ in derived {
            for (name, text) in derived where names.contains("derived.\(name)") {
                names.formUnion(text.templates.flatMap(\.names))
            }
        }
        return names
    }

    private var own: Set<String> {
        Set(values.keys.map { "config.\($0)" } + secrets.keys.map { "secret.\($0)" })
    }

    private var expiries: Set<String> { ["expiry.unix", "expiry.iso8601"] }

    private var file: Set<String> {
        own.union(expiries).union(["file.name", "file.type", "file.size", "upload.id", "upload.key"])
    }

    private var minted: Set<String> {
        guard let mint else { return file }
        return file.union(["mint.endpoint", "mint.token"]).union(mint.values.keys.map { "host.\($0)" })
    }

    /// What is known once the upload exists at the host.
    private var existing: Set<String> {
        let known = minted.union(captured.map { "host.\($0)" })
        return mint?.fileIDClaim == nil ? known : known.union(["host.fileID"])
    }

    /// What is known once the host made a file of it.
    private var answered: Set<String> {
        finalize?.fileID == nil ? existing : existing.union(["host.fileID"])
    }

    /// Every template refers to what there is when it is filled in.
    func checkNames(_ root: ConfigurationNode) throws {
        try check(root, "endpoint", endpoint.map { [$0] } ?? [], knows: Set(values.keys.map { "config.\($0)" }))
        try check(root, "mint.request", mint?.request.templates ?? [], knows: with(derivedFrom: file))
        try check(root, "headers", Array(headers.values), knows: with(derivedFrom: minted))
        try check(root, "metadata", metadata.map { Array($0.values) } ?? [], knows: with(derivedFrom: minted))
        try check(root, "finalize.request", finalize?.request.templates ?? [], knows: with(derivedFrom: existing))
        try check(root, "file.match", question?.match.map(\.value) ?? [], knows: with(derivedFrom: answered))
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
            guard let request else { continue }
            let url = request.url
            if url.startsWithAnswer {
                guard !request.templates.contains(where: \.holdsSecret) else {
                    throw root.mistake("\(place).request", "a secret does not go where an answer points")
                }
                continue
            }
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
