import Foundation
import HTTPTypes
import Tus

@testable import UploadStore
@testable import Uploads

/// The configuration of a destination, and a host that answers anything to what it says.
extension FuzzEntry {
    static let configuration = FuzzEntry("configuration", readConfiguration)

    /// The first block is the configuration, the second the answer to a mint, the third that to all that follows.
    private static func readConfiguration(_ bytes: [UInt8]) throws {
        let blocks = FuzzInput.blocks(of: bytes)
        guard let configuration = try? DestinationConfiguration(json: FuzzInput.text(blocks[0])) else { return }
        let again = try? DestinationConfiguration(json: configuration.json)
        try hold(again == configuration, "what is stored reads otherwise: \(configuration.json)")
        guard let destination = try? Destination.configured("d", by: configuration), let row = try? destination.row()
        else { return }
        // The scheme and the host of its endpoint may have been spelled in capitals.
        try hold((try? Destination(row).row()) == row, "a destination is stored otherwise: \(row)")
        let answers = blocks.dropFirst().map(FuzzInput.answer)
        var host = FuzzedHost(ClaimedUpload.fuzzed(row))
        do {
            try host.work(answers)
        } catch is UploadPlan.Failure {
            return
        }
    }
}

/// One upload to a host.
private struct FuzzedHost {
    private static let secret = "the-api-secret"

    private var claimed: ClaimedUpload

    init(_ claimed: ClaimedUpload) { self.claimed = claimed }

    mutating func work(_ answers: [Answer]) throws {
        var answers = answers[...]
        let first = try plan()
        try check(first)
        if let mint = first.mint {
            try mint.request.check()
            guard let answer = answers.popFirst(), let grant = mint.read(answer) else { return }
            try learn(grant, from: mint)
        } else {
            guard let answer = answers.popFirst() else { return }
            let captured = first.capture(answer)
            claimed.upload.captured = captured.isEmpty ? nil : JSONObject.encode(captured)
        }
        for rule in first.rules { _ = answers.first.map(rule.matches) }
        let second = try plan()
        try check(second)
        guard let answer = answers.popFirst() else { return }
        try finish(second, answer)
    }

    private mutating func learn(_ grant: HostAPI.Minted, from mint: HostAPI.Mint) throws {
        try grant.endpoint.checkStored()
        try grant.uploadURL?.checkStored()
        if mint.request.url.scheme?.lowercased() == "https" {
            try hold(grant.endpoint.scheme == "https", "\(grant) follows https")
        }
        try hold(HTTPField.isValidValue(grant.token), "the token of \(grant) fits no header")
        claimed.upload.endpoint = grant.endpoint.absoluteString
        claimed.upload.uploadToken = grant.token
        claimed.upload.uploadURL = grant.uploadURL?.absoluteString
        claimed.upload.captured = grant.captured.isEmpty ? nil : JSONObject.encode(grant.captured)
        if let captured = claimed.upload.captured {
            try hold(Stored.isObject(captured), "\(captured) cannot be stored")
        }
    }

    private mutating func finish(_ plan: UploadMachine.Plan, _ answer: Answer) throws {
        if let finalize = plan.finalize, finalize.describesFile(answer.body) {
            claimed.upload.response = FuzzInput.text(answer.body)
        }
        for question in [plan.probe, plan.confirm].compactMap(\.self) {
            _ = question.isAbsent(answer)
            guard let state = question.read(answer.body) else { continue }
            try hold(state.size ?? 0 >= 0, "a file has \(state.size ?? 0) bytes")
        }
        try check(try self.plan())
    }

    private func plan() throws -> UploadMachine.Plan {
        let context = UploadPlan.Context(now: Date(timeIntervalSince1970: 1_800_000_000)) { _ in Self.secret }
        return try UploadPlan.plan(claimed, capabilities: nil, context)
    }

    private func check(_ plan: UploadMachine.Plan) throws {
        for field in plan.headers {
            try hold(HTTPField.isValidValue(field.value), "the header \(field.name) has the value \(field.value)")
        }
        let metadata = plan.metadata.encoded ?? ""
        try hold(metadata.utf8.allSatisfy { 0x20...0x7E ~= $0 }, "Upload-Metadata is not visible ASCII")
        var requests = [plan.probe?.request, plan.confirm?.request].compactMap(\.self)
        if let token = claimed.upload.uploadToken, let endpoint = claimed.upload.endpoint.flatMap(URL.init(string:)),
            let finalize = plan.finalize?.request(endpoint: endpoint, token: token)
        {
            requests.append(finalize)
        }
        for request in requests {
            try request.check()
            guard plan.mint?.request.url.scheme?.lowercased() == "https" else { continue }
            try hold(request.url.scheme?.lowercased() == "https", "\(request.url) follows https")
        }
    }
}
