/// What an answer means: design.md §7 as a pure table, one function a column.
///
/// Counters ("twice", "three times") and the state of the row are the machine's; the verdict only names them.
package enum AnswerTable {
    /// What an answer asks the machine to do.
    package enum Verdict: Sendable, Equatable {
        /// 2xx: the machine reads the fields that the step needs.
        case accepted
        /// 301, 302, 307, 308: followed within the origin, bounded.
        case redirected
        /// Try again later, without a bound of its own.
        case later(Problem.Code)
        /// Try again later, and so does everything else for this destination.
        case destinationLater
        /// Try again later while fewer than `tries` tries were made before; then fail.
        case laterAtMost(tries: Int, Problem.Code, then: Problem.Code)
        /// A body or a status that makes no sense here; each step has its own way on.
        case malformed
        /// `HEAD` at once and go on from the server's offset; without progress for three times: later.
        case askOffset(Problem.Code)
        /// `HEAD`, then one smaller request; refused again without progress: failed.
        case smallerOnce
        /// `HEAD`, then smaller requests until there is none; then failed.
        case smaller
        /// The same range again; refused again: failed.
        case sameRange
        /// The server has no such upload (404, 410).
        case gone
        /// Wait for a person.
        case parked(ParkReason, Problem.Code)
        /// Refused for good.
        case failed(Problem.Code)
        /// Finalize: later when this was the first one sent, else the outcome is unknown.
        case repeatOnce
        /// Finalize: the grant is void when this was the first one sent, else the outcome is unknown.
        case grantVoidIfFirst
        /// Finalize: nobody knows whether there is a file now.
        case outcomeUnknown
        /// Delete: the server has no such upload any more.
        case deleted
        /// Delete: the server keeps it; nothing more to do.
        case notDeleted
    }

    /// The application codes of Wix that say for certain that no file was made.
    package static let finalRefusals: Set<String> = [
        "FILE_SIZE_OVER_LIMIT", "UNSUPPORTED_FILE_FORMAT", "MISMATCH_MIME_TYPE", "ZERO_FILE_SIZE",
        quotaExceeded,
    ]
    private static let quotaExceeded = "SITE_QUOTA_EXCEEDED"

    /// The meaning of an answer.
    ///
    /// - Parameters:
    ///   - status: the HTTP status, whatever the server made it.
    ///   - step: what was asked.
    ///   - grant: the upload was minted elsewhere; there is nobody to refresh or mint again.
    ///   - applicationCode: the Wix error code of a 400's body.
    /// - Returns: what to do.
    package static func verdict(
        status: Int,
        step: Step,
        grant: Bool = false,
        applicationCode: String? = nil
    ) -> Verdict {
        switch step {
        case .create: create(status, grant: grant, applicationCode: applicationCode)
        case .offset: offset(status, grant: grant, applicationCode: applicationCode)
        case .transfer: transfer(status, grant: grant, applicationCode: applicationCode)
        case .finalize: finalize(status, applicationCode: applicationCode)
        case .delete: delete(status)
        case .capabilities: 200...299 ~= status ? .accepted : .malformed
        }
    }

    /// The meaning of no answer: the connection was lost, or nothing moved for too long.
    package static func verdict(noAnswerTo step: Step) -> Verdict {
        step == .finalize ? .repeatOnce : .later(.serverError)
    }

    private static func create(_ status: Int, grant: Bool, applicationCode: String?) -> Verdict {
        switch status {
        case 400 where applicationCode == quotaExceeded: .parked(.quota, .quotaExceeded)
        case 401, 403, 404, 410: grant ? .failed(.grantExpired) : createWithoutGrant(status)
        case 409, 423: .laterAtMost(tries: 3, .conflict, then: .refused)
        case 413: .failed(.fileTooLarge)
        // The host says 429 for a used token too, and nothing here tells it from a full queue but patience.
        case 429 where grant: .laterAtMost(tries: 3, .serverBusy, then: .grantExpired)
        default: common(status)
        }
    }

    private static func createWithoutGrant(_ status: Int) -> Verdict {
        status == 404 || status == 410 ? .failed(.refused) : common(status)
    }

    private static func offset(_ status: Int, grant: Bool, applicationCode: String?) -> Verdict {
        switch status {
        case 400 where applicationCode == quotaExceeded: .parked(.quota, .quotaExceeded)
        case 401, 403: grant ? .failed(.grantExpired) : common(status)
        case 404, 410: .gone
        case 409, 423: .later(.conflict)
        default: common(status)
        }
    }

    private static func transfer(_ status: Int, grant: Bool, applicationCode: String?) -> Verdict {
        switch status {
        case 400 where applicationCode == quotaExceeded: .parked(.quota, .quotaExceeded)
        case 400: .smallerOnce
        case 401, 403: grant ? .failed(.grantExpired) : common(status)
        case 404, 410: .gone
        case 409, 423: .askOffset(.conflict)
        case 413: .smaller
        case 460: .sameRange
        default: common(status)
        }
    }

    /// What create, HEAD and PATCH have in common.
    private static func common(_ status: Int) -> Verdict {
        switch status {
        case 200...299: .accepted
        case 301, 302, 307, 308: .redirected
        case 300...399: .failed(.redirectRefused)
        case 401: .parked(.credentials, .credentialsRefused)
        case 402: .parked(.quota, .quotaExceeded)
        case 403: .parked(.permission, .permissionRefused)
        case 408, 425: .later(.serverError)
        case 412: .failed(.versionNotSupported)
        case 428: .parked(.permission, .preconditionRequired)
        case 429, 503: .destinationLater
        case 400...499, 501: .failed(.refused)
        case 507: .later(.serverFull)
        case 500...599: .later(.serverError)
        default: .malformed
        }
    }

    private static func finalize(_ status: Int, applicationCode: String?) -> Verdict {
        switch status {
        case 200...299: .accepted
        case 301, 302, 307, 308: .redirected
        case 400: finalRefusals.contains(applicationCode ?? "") ? .failed(.refused) : .outcomeUnknown
        case 401: .grantVoidIfFirst
        case 403, 404, 409, 410, 423: .outcomeUnknown
        case 408, 425, 429: .repeatOnce
        case 428: .parked(.permission, .preconditionRequired)
        case 400...499, 501: .failed(.refused)
        case 500...599: .repeatOnce
        default: .outcomeUnknown
        }
    }

    private static func delete(_ status: Int) -> Verdict {
        switch status {
        case 200...299, 404, 410: .deleted
        case 301, 302, 307, 308: .redirected
        case 408, 425: .later(.serverError)
        case 409, 423: .later(.conflict)
        case 429, 503: .destinationLater
        // A server that cannot delete now cannot later: waiting would keep the cancelled upload for ever.
        case 501: .notDeleted
        case 500...599: .later(.serverError)
        default: .notDeleted
        }
    }
}
