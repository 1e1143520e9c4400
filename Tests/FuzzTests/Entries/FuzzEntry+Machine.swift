import Foundation
import HTTPTypes
import UploadStore

@testable import Tus

/// One claim of an upload, with a server that answers anything.
extension FuzzEntry {
    static let machine = FuzzEntry("machine", workClaim)

    /// The first block is a line such as `https://a.example/ create 100 finalize`: the endpoint, the phase, the length,
    /// and what else there is; the others are the answers.
    private static func workClaim(_ bytes: [UInt8]) throws {
        let blocks = FuzzInput.blocks(of: bytes)
        guard var claim = FuzzedClaim(FuzzInput.text(blocks[0])) else { return }
        try claim.work(blocks.dropFirst().map(FuzzInput.answer))
    }
}

/// A claim, and what must hold of all that it does.
private struct FuzzedClaim {
    private static let token = "eyJhbGciOiJIUzI1NiJ9.secret-token.signature"
    private static let mostActions = 2_000

    private let endpoint: URL
    private let length: Int64
    private let plan: UploadMachine.Plan
    private var machine: UploadMachine
    /// Where the last request went, if its answer was a redirect.
    private var redirecting: Origin?

    init?(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count >= 3, let endpoint = URL(string: words[0]), let origin = Origin(endpoint),
            let phase = Tus.Phase(rawValue: words[1]), let length = Int64(words[2]), 0...(1 << 50) ~= length,
            endpoint.scheme == origin.scheme
        else { return nil }
        self.endpoint = endpoint
        self.length = length
        let flags = Set(words.dropFirst(3))
        let question = HostAPI.Question(
            request: Request(step: .confirm, method: .get, url: endpoint, fields: [:]),
            maximumPolls: 3
        ) { body in
            Finalize.hasFileObject(body) ? .init(readiness: .ready, size: Int64(body.count), md5: "x") : nil
        }
        let mint = HostAPI.Mint(request: Request(step: .mint, method: .post, url: endpoint, fields: [:])) { answer in
            guard let text = answer.single(.location), let url = endpoint.resolving(location: text) else { return nil }
            return HostAPI.Minted(endpoint: url, token: Self.token)
        }
        let known: Set<Tus.Phase> = [.transfer, .finalize]
        var upload = UploadMachine.Upload(
            phase: phase,
            endpoint: endpoint,
            uploadURL: known.contains(phase) ? endpoint.appending(path: "abc") : nil,
            token: flags.contains("token") ? Self.token : nil,
            offset: phase == .finalize || phase == .confirm ? length : 0,
            length: length
        )
        upload.cancelling = flags.contains("cancel")
        plan = UploadMachine.Plan(
            headers: [.authorization: "Bearer very-secret-key"],
            requestRule: RequestRule(maximum: max(1, length / 3), tail: 2),
            mint: flags.contains("mint") ? mint : nil,
            finalize: flags.contains("finalize") ? .wix(filename: "a b.jpg") : nil,
            probe: flags.contains("probe") ? question : nil,
            confirms: flags.contains("confirm"),
            confirm: flags.contains("confirm") ? question : nil,
            grant: flags.contains("mint") || flags.contains("token"),
            secrets: ["api-secret-key"]
        )
        machine = UploadMachine(upload: upload, plan: plan)
    }

    mutating func work(_ answers: [Answer]) throws {
        var answers = answers[...]
        var action = machine.start()
        for _ in 0..<Self.mostActions {
            switch action {
            case .send(let request):
                try check(request)
                guard let answer = answers.popFirst() else { return }
                redirecting = [301, 302, 307, 308].contains(answer.status) ? Origin(request.url) : nil
                action = machine.receive(answer)
            case .record(let transition):
                redirecting = nil
                try check(transition)
                action = machine.recorded()
            case .digest:
                action = machine.digested(.success("x"))
            case .stop:
                return
            }
        }
        throw Broken(description: "a claim does not end")
    }

    private func check(_ request: Request) throws {
        try request.check()
        let origin = Origin(request.url)
        if let redirecting { try hold(origin == redirecting, "\(request.url) follows a redirect from \(redirecting)") }
        let isOwn = origin == Origin(machine.upload.endpoint)
        let isSecret = request.fields.contains(.authorization)
        try hold(!isSecret || isOwn, "\(request.url) gets the headers of \(machine.upload.endpoint)")
        if endpoint.scheme == "https" { try hold(request.url.scheme == "https", "\(request.url) follows https") }
        guard case .file(let range) = request.body else { return }
        try hold(range.lowerBound >= 0 && range.upperBound <= length && !range.isEmpty, "\(range) of \(length) is sent")
        try hold(range.lowerBound == machine.upload.offset, "\(range) is sent, \(machine.upload.offset) is next")
        try hold(
            request.fields[.uploadOffset] == String(range.lowerBound),
            "Upload-Offset is not where \(range) begins"
        )
    }

    private func check(_ transition: Transition) throws {
        var problem: Problem?
        var expiresAt: Date?
        switch transition {
        case .created(let url, _, _, let date):
            try url.checkStored()
            expiresAt = date
        case .acknowledged(let offset, _, let date):
            try hold(0..<length ~= offset, "the offset \(offset) of \(length) is recorded")
            expiresAt = date
        case .minted(let grant):
            try grant.endpoint.checkStored()
        case .later(let what, _, _), .gone(let what, _), .failed(let what), .parked(_, let what),
            .finalizeDenied(let what, _, _):
            problem = what
        case .deleted(let note), .confirmed(let note):
            problem = note
        case .transferred, .finalizeSent, .finalized:
            break
        }
        if let expiresAt { try hold(Stored.isTime(Timestamp.text(expiresAt)), "\(expiresAt) cannot be stored") }
        guard let message = problem?.message else { return }
        for secret in ["eyJhbGciOiJI", "very-secret-key", "api-secret-key"] {
            try hold(!message.contains(secret), "a message tells a secret: \(message)")
        }
        let isOneLine = message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        try hold(isOneLine, "a message has control characters")
    }
}

/// What the schema takes.
enum Stored {
    /// A time of the columns that hold times.
    static func isTime(_ text: String) -> Bool {
        text.wholeMatch(of: #/[12]\d{3}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{3}Z/#) != nil
    }

    /// An object that is not empty.
    static func isObject(_ text: String) -> Bool { text.wholeMatch(of: #/\{.*".*:.*\}/#) != nil }
}
