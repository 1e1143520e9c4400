internal import Foundation
internal import HTTPTypes
internal import Tus
internal import UploadStore

/// What an upload to a host with a configuration asks, with everything filled in that is known by now.
///
/// A plan is made anew when more is known: after the mint, and after the finalize.
struct HostPlan {
    private let row: UploadRow
    private let destination: Destination
    private let steps: HostSteps
    private var values: [String: String]
    private let secrets: [String]
    private let headers: HTTPFields

    /// Nil where the destination has no configuration.
    init?(
        _ claimed: ClaimedUpload,
        _ destination: Destination,
        filename: String,
        environment: (String) -> String?
    ) throws {
        guard let configuration = claimed.destination.configuration else { return nil }
        guard let steps = destination.configuration?.steps else {
            throw UploadPlan.Failure(
                code: "invalid_destination",
                message: "the configuration of destination \(destination.name) is not one that this version reads "
                    + "(\(configuration.utf8.count) bytes); save it again, then retry",
                parks: nil
            )
        }
        row = claimed.upload
        self.destination = destination
        self.steps = steps
        var values = Dictionary(uniqueKeysWithValues: steps.values.map { ("config.\($0.key)", $0.value) })
        var secrets: [String] = []
        for (name, variable) in steps.secrets {
            // What is deleted at the upload host needs no key.
            let isCancelled = row.requested == .cancel
            guard let secret = environment(variable) ?? (isCancelled ? "-" : nil), !secret.isEmpty,
                HTTPFieldName.isValidValue(secret)
            else {
                throw UploadPlan.Failure(
                    code: "credentials_missing",
                    message:
                        "the secret \(name) of destination \(destination.name) comes from the environment variable "
                        + "\(variable), which the worker does not have; set it, start the worker again, and resume",
                    parks: .credentials
                )
            }
            values["secret.\(name)"] = secret
            secrets.append(secret)
        }
        values["file.name"] = filename
        values["file.type"] = row.contentType ?? ContentType.of(filename) ?? "application/octet-stream"
        values["file.size"] = row.uploadLength.map(String.init)
        values["upload.id"] = String(row.id)
        values["mint.endpoint"] = row.endpoint.map(Self.withoutSlash)
        values["mint.token"] = row.uploadToken
        values["host.fileID"] = Self.fileID(steps, row)
        self.values = values
        self.secrets = secrets
        headers =
            UploadPlan.sharesOrigin(row, destination)
            ? try UploadPlan.headers(destination, environment: environment) : [:]
    }

    func plan(capabilities: Capabilities?) throws -> UploadMachine.Plan {
        let hasGrant = row.uploadToken != nil
        do {
            return UploadMachine.Plan(
                headers: headers,
                metadata: try hasGrant || steps.mint == nil ? metadata() : .none,
                requestRule: RequestRule(exact: steps.chunk.exact ?? destination.chunkSize),
                mint: try mint(),
                finalize: try hasGrant ? finalize() : nil,
                probe: try steps.question.flatMap { try question($0) },
                confirms: steps.question?.waits ?? false,
                confirm: try steps.question.flatMap { try question($0, step: .confirm) },
                grant: hasGrant || steps.mint != nil,
                secrets: secrets,
                capabilities: capabilities
            )
        } catch let failure as Template.Failure {
            throw UploadPlan.Failure(
                code: "invalid_destination",
                message: "the configuration of destination \(destination.name) cannot be used: \(failure.message); "
                    + "save it again, then retry",
                parks: nil
            )
        }
    }

    private func metadata() throws -> Metadata {
        let own = try steps.metadata?.mapValues { try $0.text(values) } ?? [:]
        return try UploadPlan.metadata(row, destination, values: own)
    }

    private func mint() throws -> HostAPI.Mint? {
        guard let mint = steps.mint else { return nil }
        let request = try mint.request.request(.mint, values)
        let isSecure = request.url.scheme?.lowercased() == "https"
        return HostAPI.Mint(request: request) { body in
            guard let answer = JSONValue(body), let endpoint = mint.endpoint.value(in: answer)?.text,
                let token = mint.token.value(in: answer)?.text,
                let grant = try? Grant(uploadURL: endpoint, uploadToken: token), let url = URL(string: grant.uploadURL),
                // A token that came over https does not go over http.
                !isSecure || url.scheme?.lowercased() == "https"
            else { return nil }
            return HostAPI.Minted(endpoint: url, token: grant.uploadToken)
        }
    }

    private func finalize() throws -> Tus.Finalize? {
        guard let finalize = steps.finalize else { return nil }
        let request = try finalize.request.request(.finalize, values)
        return Tus.Finalize(
            describesFile: { body in JSONValue(body).flatMap(finalize.file.value(in:)) != nil },
            request: { _, _ in request }
        )
    }

    /// Nil where the host did not name the file yet.
    private func question(_ question: HostSteps.Question, step: Step = .probe) throws -> HostAPI.Question? {
        if question.request.templates.flatMap(\.names).contains("host.fileID"), values["host.fileID"] == nil {
            return nil
        }
        guard row.uploadToken != nil || row.response != nil else { return nil }
        return HostAPI.Question(
            request: try question.request.request(step, values),
            interval: question.interval,
            maximumPolls: Int(question.polls)
        ) { [id = values["host.fileID"], idPath = steps.finalize?.fileID] body in
            guard let answer = JSONValue(body), let status = question.status.value(in: answer)?.scalarText else {
                return nil
            }
            // Whether a file is there is too much to take from an answer about another one, or about none.
            if step == .probe, let idPath, idPath.value(in: answer)?.scalarText != id { return nil }
            // A size that is not known yet is -1, or no number at all.
            let size = question.size?.value(in: answer)?.scalarText.flatMap(Int64.init).flatMap { $0 < 0 ? nil : $0 }
            if question.ready.contains(status) { return HostAPI.FileState(readiness: .ready, size: size) }
            return HostAPI.FileState(readiness: question.failed.contains(status) ? .failed : .pending, size: size)
        }
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
