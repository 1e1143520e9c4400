internal import Foundation
internal import Logging
internal import Tus
internal import UploadStore

/// What the machine asks to be made durable, as writes of the store.
extension UploadRun {
    /// Seconds; a grant that is over sooner is used for as long as the server takes it.
    private static let shortestGrant: TimeInterval = 60

    enum Outcome {
        case ended
        case goesOn(UploadRow.Request?)
    }

    /// Makes a transition durable.
    func record(
        _ transition: Transition,
        of upload: UploadMachine.Upload,
        _ known: ClaimedUpload
    ) async throws -> Outcome {
        switch transition {
        case .minted(let grant):
            return .goesOn(
                try await store.minted(
                    claim,
                    endpoint: grant.endpoint.absoluteString,
                    token: grant.token,
                    uploadURL: grant.uploadURL?.absoluteString,
                    captured: grant.captured.isEmpty ? nil : JSONObject.encode(grant.captured),
                    expiresAt: expiry(of: grant)
                )
            )
        case .created(let url, let completing, let captured, let expiresAt):
            return .goesOn(
                try await store.created(
                    claim,
                    url: url.absoluteString,
                    completing: completing,
                    captured: captured.isEmpty ? nil : JSONObject.encode(Self.captured(known, and: captured)),
                    expiresAt: expiresAt.map(Timestamp.text)
                )
            )
        case .acknowledged(let offset, let completing, let expiresAt):
            return .goesOn(
                try await store.acknowledged(
                    claim,
                    offset: offset,
                    completing: completing,
                    expiresAt: expiresAt.map(Timestamp.text)
                )
            )
        case .transferred(.done):
            try await store.transferred(claim, next: .done, now: Timestamp.text(now))
            end.note(.completed)
            return .ended
        case .transferred(let next):
            let request = try await store.transferred(
                claim,
                next: .init(rawValue: next.rawValue) ?? .finalize,
                now: Timestamp.text(now)
            )
            return .goesOn(request)
        case .finalizeSent:
            return .goesOn(try await store.finalizeSent(claim))
        case .finalizeDenied(let problem, let retryAfter, parks: false):
            try await later(problem, of: upload, retryAfter: retryAfter, finalizeWasUnsent: true)
        case .finalizeDenied(let problem, _, parks: true):
            try await park(ParkReason.credentials.rawValue, problem, finalizeWasUnsent: true)
        case .finalized(let response, let next):
            let next = UploadStore.Phase(rawValue: next.rawValue) ?? .done
            let asked = try await store.finalized(claim, response: response, next: next, now: Timestamp.text(now))
            guard next == .done else { return .goesOn(asked) }
            end.note(.completed)
        case .confirmed(let note):
            try await store.confirmed(claim, note: note.map { ($0.code, $0.message) }, now: Timestamp.text(now))
            end.note(.completed)
        case .gone(let problem, let next):
            logger.info("The server lost the upload", metadata: ["error.type": "\(problem.code)"])
            let next = UploadStore.Phase(rawValue: next.rawValue) ?? .create
            return .goesOn(try await store.gone(claim, next: next, code: problem.code, message: problem.message))
        case .later(let problem, let retryAfter, let pausesDestination):
            try await later(problem, of: upload, retryAfter: retryAfter, pausesDestination: pausesDestination)
        case .failed(let problem):
            try await fail(problem)
        case .parked(let reason, let problem):
            try await park(reason.rawValue, problem)
        case .deleted(let note):
            try await store.deleted(claim, note: note.map { ($0.code, $0.message) }, now: Timestamp.text(now))
            end.note(.cancelled, code: note?.code)
        }
        return .ended
    }

    /// What a transition brought that the next requests are made of.
    func learn(_ transition: Transition, of known: inout ClaimedUpload) {
        switch transition {
        case .minted(let grant):
            known.upload.phase = grant.uploadURL == nil ? .create : .transfer
            known.upload.endpoint = grant.endpoint.absoluteString
            known.upload.uploadToken = grant.token
            known.upload.uploadURL = grant.uploadURL?.absoluteString
            known.upload.captured = JSONObject.encode(grant.captured)
        case .created(let url, _, let captured, _):
            known.upload.uploadURL = url.absoluteString
            known.upload.captured = JSONObject.encode(Self.captured(known, and: captured))
        case .gone(_, let next):
            known.upload.phase = .init(rawValue: next.rawValue) ?? known.upload.phase
            known.upload.uploadURL = nil
            known.upload.captured = nil
            if next == .mint {
                known.upload.endpoint = nil
                known.upload.uploadToken = nil
            }
        case .transferred(let next):
            known.upload.phase = .init(rawValue: next.rawValue) ?? known.upload.phase
        case .finalized(let response, _):
            known.upload.phase = .confirm
            known.upload.response = response
        default:
            break
        }
    }

    /// What is known of the host's answers, and what came with another one.
    private static func captured(_ known: ClaimedUpload, and more: [String: String]) -> [String: String] {
        (known.upload.captured.flatMap(JSONObject.decode) ?? [:]).merging(more) { $1 }
    }

    /// When the host, or the token itself, says that a grant is over.
    ///
    /// Nil where that was before it was used at all, or is about to be: the clocks differ, and only the server knows. Else
    /// one grant after the other would be asked for.
    private func expiry(of grant: HostAPI.Minted) -> String? {
        let after = Destination(claimed.destination).configuration?.steps.mint?.expiresAfter
        let times = [after.map { now.addingTimeInterval(Double($0)) }, Grant.expiry(of: grant.token)]
        guard let time = times.compactMap(\.self).min(), time > now.addingTimeInterval(Self.shortestGrant) else {
            return nil
        }
        return Timestamp.text(time)
    }
}

extension Transition {
    /// Whether the server did what it was asked for.
    var isSuccess: Bool {
        switch self {
        case .minted, .created, .acknowledged, .transferred, .finalized, .confirmed, .deleted: true
        case .gone, .finalizeSent, .finalizeDenied, .later, .failed, .parked: false
        }
    }

    /// Whether the requests after it are made of what it brought, or of a key that may have ended during the transfer.
    func needsAnotherPlan(than plan: UploadMachine.Plan) -> Bool {
        switch self {
        case .minted, .gone(_, .mint), .transferred(.confirm), .finalized(_, .confirm): true
        case .transferred(.finalize): plan.renews.contains(.finalize)
        default: false
        }
    }
}
