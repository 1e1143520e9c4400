import HTTPTypes
import Tus

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Values that the tests share.
enum Sample {
    static let endpoint = url("https://tus.example.org/files/")
    static let uploadURL = url("https://tus.example.org/files/abc")
    static let token = "eyJhbGciOiJIUzI1NiJ9.secret-token.signature"

    static func url(_ text: String) -> URL {
        guard let url = URL(string: text) else { preconditionFailure("\(text) is no URL") }
        return url
    }

    /// An upload in a phase, with what the phase needs.
    static func upload(
        _ phase: Phase = .create,
        offset: Int64 = 0,
        length: Int64 = 100,
        completing: Bool = false,
        finalizeSent: Int = 0,
        attempt: Int = 0,
        restarts: Int = 0
    ) -> UploadMachine.Upload {
        UploadMachine.Upload(
            phase: phase,
            endpoint: endpoint,
            uploadURL: phase == .create || phase == .mint ? nil : uploadURL,
            token: phase == .finalize || phase == .confirm ? token : nil,
            offset: offset,
            length: length,
            completing: completing,
            finalizeSent: finalizeSent,
            attempt: attempt,
            restarts: restarts
        )
    }

    /// A mint whose answer is a grant where it has a file, as the answers of these tests do.
    static let mint = HostAPI.Mint(
        request: Request(step: .mint, method: .post, url: url("https://api.example.org/mint"), fields: [:])
    ) { answer in
        Finalize.hasFileObject(answer.body) ? HostAPI.Minted(endpoint: endpoint, token: token) : nil
    }

    /// As Wix's finalize, and with a key of the destination.
    static let keyedFinalize = Finalize(holdsKey: true) { endpoint, token in
        Finalize.wix(filename: "a.jpg").request(endpoint: endpoint, token: token)
    }

    /// A question whose answer says that the file is ready where it has one, or a word of its own.
    static func question(_ step: Step, maximumPolls: Int = 120) -> HostAPI.Question {
        let request = Request(step: step, method: .get, url: url("https://api.example.org/file"), fields: [:])
        return HostAPI.Question(request: request, maximumPolls: maximumPolls) { body in
            switch String(decoding: body, as: UTF8.self) {
            case "pending": HostAPI.FileState(readiness: .pending)
            case "failed": HostAPI.FileState(readiness: .failed)
            case "another": HostAPI.FileState(readiness: .another)
            case "short": HostAPI.FileState(readiness: .ready, size: 99)
            case "whole": HostAPI.FileState(readiness: .ready, size: 100)
            case let text where text.hasPrefix("md5:"):
                HostAPI.FileState(readiness: .ready, md5: String(text.dropFirst("md5:".count)))
            default: Finalize.hasFileObject(body) ? HostAPI.FileState(readiness: .ready) : nil
            }
        }
    }

    static func cancelled() -> UploadMachine.Upload {
        var upload = upload(.transfer)
        upload.cancelling = true
        return upload
    }

    /// Wix's answer to a failed request.
    static func wixError(_ code: String, message: String = "") -> [UInt8] {
        Array(#"{"message":"\#(message)","details":{"applicationError":{"code":"\#(code)"}}}"#.utf8)
    }
}

extension Answer {
    static func created(at location: String) -> Answer {
        Answer(status: 201, fields: [.location: location])
    }

    static func offset(_ offset: Int64, status: Int = 204) -> Answer {
        Answer(status: status, fields: [.uploadOffset: String(offset)])
    }
}

extension Action {
    /// The action in a word or two, for tables and sequences.
    var summary: String {
        switch self {
        case .send(let request): request.summary
        case .record(let transition): transition.summary
        case .digest: "digest"
        case .stop: "stop"
        }
    }

    var request: Request? {
        if case .send(let request) = self { request } else { nil }
    }

    var problem: Problem? {
        guard case .record(let transition) = self else { return nil }
        switch transition {
        case .later(let problem, _, _), .gone(let problem, _), .failed(let problem), .parked(_, let problem),
            .finalizeDenied(let problem, _, _):
            return problem
        case .deleted(let problem), .confirmed(let problem):
            return problem
        case .minted, .created, .acknowledged, .transferred, .finalizeSent, .finalized:
            return nil
        }
    }
}

extension Request {
    var summary: String {
        guard case .file(let range) = body else { return method.rawValue }
        return "\(method.rawValue) \(range.lowerBound)-\(range.upperBound)"
    }
}

extension Transition {
    var summary: String {
        switch self {
        case .minted: "minted"
        case .created(_, let completing, _, _): "created\(completing ? " completing" : "")"
        case .acknowledged(let offset, let completing, _): "acknowledged \(offset)\(completing ? " completing" : "")"
        case .transferred(let next): "transferred \(next.rawValue)"
        case .finalizeSent: "finalizeSent"
        case .finalizeDenied(let problem, _, let parks): "denied \(parks ? "parked" : "later") \(problem.code)"
        case .finalized(_, let next): "finalized\(next == .done ? "" : " \(next.rawValue)")"
        case .confirmed(let problem): problem.map { "confirmed \($0.code)" } ?? "confirmed"
        case .later(let problem, _, let pauses): "\(pauses ? "pause" : "later") \(problem.code)"
        case .gone(_, let next): "gone\(next == .create ? "" : " \(next.rawValue)")"
        case .failed(let problem): "failed \(problem.code)"
        case .parked(let reason, let problem): "parked \(reason.rawValue) \(problem.code)"
        case .deleted(let problem): problem.map { "deleted \($0.code)" } ?? "deleted"
        }
    }
}

extension UploadMachine {
    /// Runs the machine: records at once, takes an answer from the list for every request.
    ///
    /// - Returns: every action in a word, up to the end or to the request that has no answer.
    mutating func run(_ answers: [Answer], md5: Result<String, Problem>? = nil) -> [String] {
        var answers = answers[...]
        var action = start()
        var seen = [action.summary]
        while seen.count < 1_000 {
            switch action {
            case .send:
                guard let answer = answers.popFirst() else { return seen }
                action = receive(answer)
            case .record:
                action = recorded()
            case .digest:
                guard let md5 else { return seen }
                action = digested(md5)
            case .stop:
                return seen
            }
            seen.append(action.summary)
        }
        return seen
    }
}
