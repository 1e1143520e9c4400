internal import Foundation
internal import HTTPTypes
internal import Tus
internal import UploadStore

/// What an upload to a host with a configuration asks, with everything filled in that is known by now.
///
/// A plan is made anew when more is known: after the mint, after a creation that brought values, after the last byte or
/// the finalize, and before another mint. So it is before a finalize whose key may have ended during the transfer.
struct HostPlan {
    private let row: UploadRow
    private let destination: Destination
    private let steps: HostSteps
    private let values: HostValues

    /// Nil where the destination has no configuration.
    init?(_ claimed: ClaimedUpload, _ destination: Destination, filename: String, _ context: UploadPlan.Context) throws
    {
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
        values = try Self.understood(destination) {
            try HostValues(steps, claimed.upload, destination, filename, context)
        }
    }

    func plan(capabilities: Capabilities?) throws -> UploadMachine.Plan {
        try Self.understood(destination) {
            let hasGrant = row.uploadToken != nil
            return UploadMachine.Plan(
                headers: try headers(),
                metadata: try hasGrant || steps.mint == nil ? metadata() : .none,
                requestRule: RequestRule(exact: steps.chunk.exact ?? destination.chunkSize),
                mint: try mint(),
                capture: { [places = steps.created] answer in places.compactMapValues { $0.text(in: answer) } },
                renews: steps.renewed,
                rules: steps.rules,
                finalize: try hasGrant ? finalize() : nil,
                probe: try steps.question.flatMap { try question($0) },
                confirms: steps.question?.waits ?? false,
                confirm: try steps.question.flatMap { try question($0, step: .confirm) },
                grant: hasGrant || steps.mint != nil,
                secrets: values.secrets,
                capabilities: capabilities
            )
        }
    }

    private static func understood<Value>(_ destination: Destination, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let failure as Template.Failure {
            throw UploadPlan.Failure(
                code: "invalid_destination",
                message: "the configuration of destination \(destination.name) cannot be used: \(failure.message); "
                    + "save it again, then retry",
                parks: nil
            )
        }
    }

    /// They are for the endpoint of the destination, which is known to be the one of this upload once it is minted.
    private func headers() throws -> HTTPFields {
        guard steps.mint == nil || row.uploadToken != nil, UploadPlan.sharesOrigin(row, destination) else { return [:] }
        var fields = HTTPFields()
        for (header, template) in steps.headers.sorted(by: { $0.key < $1.key }) {
            guard let name = HTTPField.Name(header) else { continue }
            let value = try template.text(values.all)
            guard HTTPFieldName.isValidValue(value) else {
                throw Template.Failure(message: "the header \(header) would have an illegal value")
            }
            fields.append(HTTPField(name: name, value: value))
        }
        return fields
    }

    private func metadata() throws -> Metadata {
        let own = try steps.metadata?.mapValues { try $0.text(values.all) } ?? [:]
        return try UploadPlan.metadata(row, destination, values: own)
    }

    private func mint() throws -> HostAPI.Mint? {
        guard let mint = steps.mint else { return nil }
        let request = try mint.request.request(.mint, values.all)
        let endpoint = destination.endpoint
        return HostAPI.Mint(request: request, createsUpload: mint.uploadURL != nil) { answer in
            Self.minted(mint, answer, to: request.url, endpoint)
        }
    }

    /// What an answer to a mint brings; nil where something is missing or cannot be used.
    static func minted(
        _ mint: HostSteps.Mint,
        _ answer: Answer,
        to url: URL,
        _ fixed: String?
    ) -> HostAPI.Minted? {
        let uploadURL = mint.uploadURL?.text(in: answer).map { url.resolving($0) }
        guard let endpoint = uploadURL ?? mint.endpoint?.text(in: answer) ?? fixed,
            // The URL of an upload that exists is all that it takes to send to it.
            let token = mint.token.map({ $0.text(in: answer) }) ?? uploadURL,
            let grant = try? Grant(uploadURL: url.resolving(endpoint), uploadToken: token),
            let target = URL(string: grant.uploadURL)
        else { return nil }
        // A token that came over https does not go over http.
        guard url.scheme?.lowercased() != "https" || target.scheme?.lowercased() == "https" else { return nil }
        let captured = mint.values.compactMapValues { $0.text(in: answer) }
        guard captured.count == mint.values.count else { return nil }
        return HostAPI.Minted(
            endpoint: target,
            token: grant.uploadToken,
            uploadURL: uploadURL == nil ? nil : target,
            captured: captured
        )
    }

    private func finalize() throws -> Tus.Finalize? {
        guard let finalize = steps.finalize else { return nil }
        // Before the creation it may be made of what that answers; the plan is made anew then.
        let isKnown = finalize.request.templates.flatMap(\.names).allSatisfy { values.all[$0] != nil }
        let request = try isKnown ? secured(finalize.request.request(.finalize, values.all)) : nil
        return Tus.Finalize(
            holdsKey: steps.finalizeHoldsSecret,
            describesFile: { body in JSONValue(body).flatMap(finalize.file.value(in:)).map { $0 != .null } ?? false },
            fileID: { body in finalize.fileID.flatMap { path in JSONValue(body).flatMap(path.value(in:))?.scalarText }
            },
            request: { _, _ in request }
        )
    }

    /// What the host told over https is not told over http.
    private func secured(_ request: Tus.Request) throws -> Tus.Request {
        let mintURL = try steps.mint?.request.url.text(values.all).lowercased()
        guard mintURL?.hasPrefix("https:") != true || request.url.scheme?.lowercased() == "https" else {
            throw Template.Failure(message: "what the host answered leads the request from https to http")
        }
        return request
    }

    /// Nil where the host did not name the file yet.
    private func question(_ question: HostSteps.Question, step: Step = .probe) throws -> HostAPI.Question? {
        let templates = question.request.templates + question.match.map(\.value)
        let unknown = templates.flatMap(\.names).contains { values.all[$0] == nil }
        guard !unknown, steps.mint == nil || row.uploadToken != nil || row.response != nil else { return nil }
        let wanted = try question.match.map { (path: $0.path, value: try $0.value.text(values.all)) }
        let (id, idPath) = (values.all["host.fileID"], steps.finalize?.fileID)
        return HostAPI.Question(
            request: try secured(question.request.request(step, values.all)),
            interval: question.interval,
            maximumPolls: Int(question.polls),
            namesFile: idPath != nil && id != nil,
            isAbsent: { answer in [404, 410].contains(answer.status) || question.absent?.covers(answer) == true },
            read: { body in
                guard let answer = JSONValue(body) else { return nil }
                // Whether a file is there is too much to take from an answer about another one, or about none.
                if step == .probe, let idPath {
                    guard let id, idPath.value(in: answer)?.scalarText == id else { return nil }
                }
                return question.state(in: answer, matching: wanted, isProbe: step == .probe)
            }
        )
    }
}

extension HostSteps.Question {
    /// How a file stands, by an answer; nil where it does not say.
    func state(
        in answer: JSONValue,
        matching wanted: [(path: JSONPath, value: String)] = [],
        isProbe: Bool = false
    ) -> HostAPI.FileState? {
        // A size that is not known yet is -1, or no number at all.
        let size = size?.value(in: answer)?.scalarText.flatMap(Int64.init).flatMap { $0 < 0 ? nil : $0 }
        let md5 = md5.map { $0.value(in: answer)?.scalarText ?? "" }
        func file(_ readiness: HostAPI.FileState.Readiness) -> HostAPI.FileState {
            HostAPI.FileState(readiness: readiness, size: size, md5: md5)
        }
        guard wanted.allSatisfy({ $0.path.value(in: answer)?.scalarText == $0.value }) else { return file(.another) }
        // That it is the whole file is told by its size where nothing else does.
        if isProbe, status == nil, self.size != nil, size == nil { return nil }
        if let failure = failure?.value(in: answer), failure != .null { return file(.failed) }
        guard let status else { return file(.ready) }
        guard let state = status.value(in: answer)?.scalarText else { return nil }
        return file(ready.contains(state) ? .ready : failed.contains(state) ? .failed : .pending)
    }
}

extension URL {
    /// The absolute text of a URL that may be relative to this one.
    fileprivate func resolving(_ text: String) -> String {
        URL(string: text, relativeTo: self)?.absoluteString ?? text
    }
}
