/// The body of Wix's GenerateFileResumableUploadUrl, as far as it has a consequence here.
struct MintRequest: Codable, Sendable {
    let mimeType: String
    let fileName: String?
    let parentFolderId: String?
    let `private`: Bool?
    let labels: [String]?

    /// The part of `fileName` after its last dot, else one that fits `mimeType`; lower case, letters and digits only.
    var fileExtension: String {
        let name = fileName?.split(separator: ".", omittingEmptySubsequences: false) ?? []
        let candidate = name.count > 1 ? name.last : mimeType.split(separator: "/").last
        let clean = (candidate ?? "").lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return clean.isEmpty ? "bin" : String(clean.prefix(16))
    }

    /// The first field that breaks a documented rule, and the rule; nil when all is well.
    var violation: (field: String, rule: String)? {
        if mimeType.isEmpty || mimeType.utf8.count > 100 { return ("mimeType", "must have 1 to 100 characters") }
        if let fileName, fileName.count > 200 { return ("fileName", "must have at most 200 characters") }
        if let labels, labels.count > 500 { return ("labels", "must have at most 500 items") }
        return nil
    }
}

/// The answer of Wix's GenerateFileResumableUploadUrl.
struct MintResponse: Codable, Sendable {
    var uploadProtocol = "TUS"
    let uploadUrl: String
    let uploadToken: String
}
