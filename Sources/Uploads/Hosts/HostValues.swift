internal import Foundation
internal import Tus
internal import UploadStore

/// What the places in a configuration's templates stand for, for one upload, as far as it is known by now.
struct HostValues {
    /// By name, without braces.
    private(set) var all: [String: String]
    /// Those that nobody may read.
    let secrets: [String]

    init(
        _ steps: HostSteps,
        _ row: UploadRow,
        _ destination: Destination,
        _ filename: String,
        _ context: UploadPlan.Context
    ) throws {
        all = Dictionary(uniqueKeysWithValues: steps.values.map { ("config.\($0.key)", $0.value) })
        var secrets: [String] = []
        for (name, reference) in steps.secrets {
            // What is deleted at the upload host may need no key.
            let isCancelled = row.requested == .cancel
            guard let secret = context.secret(reference) ?? (isCancelled ? "-" : nil) else {
                throw UploadPlan.missing(reference, "the secret \(name)", destination)
            }
            all["secret.\(name)"] = secret
            if secret != "-" { secrets.append(secret) }
        }
        let expiry = context.now.addingTimeInterval(Double(steps.expiry))
        all["expiry.unix"] = String(Int64(expiry.timeIntervalSince1970))
        all["expiry.iso8601"] = Timestamp.text(expiry)
        all["file.name"] = filename
        all["file.type"] = row.contentType ?? ContentType.of(filename) ?? "application/octet-stream"
        all["file.size"] = row.uploadLength.map(String.init)
        all["upload.id"] = String(row.id)
        all["upload.key"] = "\(row.id)-\(row.createdAt)"
        all["mint.endpoint"] = row.endpoint.map(Self.withoutSlash)
        all["mint.token"] = row.uploadToken
        for (name, value) in row.captured.flatMap(JSONObject.decode) ?? [:] { all["host.\(name)"] = value }
        if let id = Self.fileID(steps, row) { all["host.fileID"] = id }
        try DerivedText.add(steps.derived, to: &all)
        self.secrets = secrets + steps.derived.keys.compactMap { [all] name in all["derived.\(name)"] }
    }

    private static func withoutSlash(_ text: String) -> String {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }

    /// What the host answered to finalize, else what the token says.
    private static func fileID(_ steps: HostSteps, _ row: UploadRow) -> String? {
        if let path = steps.finalize?.fileID, let response = row.response, let answer = JSONValue(Array(response.utf8)),
            let id = path.value(in: answer)?.scalarText
        {
            return id
        }
        guard let claim = steps.mint?.fileIDClaim, let token = row.uploadToken,
            let value = Grant.claims(of: token)?[claim]?.text
        else { return nil }
        return value.split(separator: "/").last.map(String.init)
    }
}
