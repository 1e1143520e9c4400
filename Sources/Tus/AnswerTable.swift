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
        /// Try again later while fewer than `tries` tries were made before; then wait for a person.
        case laterThenParked(tries: Int, ParkReason, Problem.Code)
        /// A body or a status that makes no sense here; each step has its own way on.
        case malformed
        /// `HEAD` at once and go on from the server's offset; without progress for three times: later.
        case askOffset(Problem.Code)
        /// `HEAD`, then the same once more; refused again without progress: another grant, bounded; then wait for a person.
        case askOffsetThenRemint(ParkReason, Problem.Code)
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
        /// Finalize: the host refused the key that the request carries, and so made no file.
        case keyRefused
        /// Finalize: nobody knows whether there is a file now.
        case outcomeUnknown
        /// Another grant is minted, unless this one is fresh: then the verdict beside it.
        indirect case remint(unlessFresh: Verdict)
        /// Try again later, and so does everything else for this destination, while fewer than `tries` tries were made
        /// before; then another grant is minted.
        case laterThenRemint(tries: Int)
        /// Confirm: ask again later, bounded.
        case notReady(Problem.Code)
        /// Confirm: the host will not say.
        case unconfirmed
        /// Delete: the server has no such upload any more.
        case deleted
        /// Delete: the server keeps it; nothing more to do.
        case notDeleted
    }

    /// Whether an upload has a grant, and where from.
    package enum Grant: Sendable {
        /// It needs none.
        case none
        /// The user brought one: nobody can mint it again.
        case given
        /// The queue mints them.
        case minted
    }

    /// The application codes of Wix that say for certain that no file was made.
    package static let finalRefusals: Set<String> = [
        "FILE_SIZE_OVER_LIMIT", "UNSUPPORTED_FILE_FORMAT", "MISMATCH_MIME_TYPE", "ZERO_FILE_SIZE",
        quotaExceeded,
    ]
    private static let quotaExceeded = "SITE_QUOTA_EXCEEDED"
    /// The steps that are tried again with new credentials; a finalize is not sent again for them.
    static let renewable: Set<Step> = [.mint, .create, .offset, .transfer, .delete]
    /// What a server says to a grant that was used before or has expired.
    private static let spentGrants: Set<Int> = [400, 401, 403, 404, 410]

    /// The meaning of an answer.
    ///
    /// - Parameters:
    ///   - status: the HTTP status, whatever the server made it.
    ///   - step: what was asked.
    ///   - grant: whether it has a grant, and where from.
    ///   - applicationCode: the Wix error code of a 400's body.
    /// - Returns: what to do.
    package static func verdict(
        status: Int,
        step: Step,
        grant: Grant = .none,
        applicationCode: String? = nil
    ) -> Verdict {
        switch step {
        case .mint: mint(status, applicationCode: applicationCode)
        case .create: create(status, grant: grant, applicationCode: applicationCode)
        case .offset: offset(status, grant: grant, applicationCode: applicationCode)
        case .transfer: transfer(status, grant: grant, applicationCode: applicationCode)
        case .finalize: finalize(status, applicationCode: applicationCode)
        case .probe: probe(status)
        case .confirm: confirm(status)
        case .delete: delete(status)
        case .capabilities: 200...299 ~= status ? .accepted : .malformed
        }
    }

    /// The meaning of no answer: the connection was lost, or nothing moved for too long.
    package static func verdict(noAnswerTo step: Step) -> Verdict {
        switch step {
        case .finalize: .repeatOnce
        case .confirm: .notReady(.serverError)
        case .mint, .create, .offset, .transfer, .probe, .delete, .capabilities: .later(.serverError)
        }
    }

    private static func mint(_ status: Int, applicationCode: String?) -> Verdict {
        switch status {
        case 400 where applicationCode == quotaExceeded: .parked(.quota, .quotaExceeded)
        // Without a code it may be a throttle: hosts were seen to throttle so.
        case 403 where applicationCode == nil: .laterThenParked(tries: 3, .permission, .permissionRefused)
        case 409, 423: .later(.conflict)
        case 412: .failed(.refused)
        default: common(status)
        }
    }

    private static func create(_ status: Int, grant: Grant, applicationCode: String?) -> Verdict {
        switch status {
        case 400 where applicationCode == quotaExceeded: .parked(.quota, .quotaExceeded)
        case _ where grant == .minted && spentGrants.contains(status): .remint(unlessFresh: createWithoutGrant(status))
        case 401, 403, 404, 410: grant == .given ? .failed(.grantExpired) : createWithoutGrant(status)
        case 409, 423: .laterAtMost(tries: 3, .conflict, then: .refused)
        case 413: .failed(.fileTooLarge)
        // The host says 429 for a used token too, and nothing here tells it from a full queue but patience.
        case 429 where grant == .given: .laterAtMost(tries: 3, .serverBusy, then: .grantExpired)
        case 429 where grant == .minted: .laterThenRemint(tries: 3)
        default: common(status)
        }
    }

    private static func createWithoutGrant(_ status: Int) -> Verdict {
        status == 404 || status == 410 ? .failed(.refused) : common(status)
    }

    private static func offset(_ status: Int, grant: Grant, applicationCode: String?) -> Verdict {
        switch status {
        case 400 where applicationCode == quotaExceeded: .parked(.quota, .quotaExceeded)
        // With another grant the upload starts over, as where the server forgot it.
        case _ where grant == .minted && (status == 401 || status == 403): .gone
        case 401, 403: grant == .given ? .failed(.grantExpired) : common(status)
        case 404, 410: .gone
        case 409, 423: .later(.conflict)
        default: common(status)
        }
    }

    private static func transfer(_ status: Int, grant: Grant, applicationCode: String?) -> Verdict {
        switch status {
        case 400 where applicationCode == quotaExceeded: .parked(.quota, .quotaExceeded)
        case 400: .smallerOnce
        case 401 where grant == .minted: .askOffsetThenRemint(.credentials, .credentialsRefused)
        case 403 where grant == .minted: .askOffsetThenRemint(.permission, .permissionRefused)
        case 401, 403: grant == .given ? .failed(.grantExpired) : common(status)
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

    /// Whether the host has the file: an answer that does not tell is asked for again, where nothing else is in doubt.
    private static func probe(_ status: Int) -> Verdict {
        switch status {
        case 200...299: .accepted
        case 408, 425, 429, 500, 502...599: .later(.serverError)
        default: .malformed
        }
    }

    private static func confirm(_ status: Int) -> Verdict {
        switch status {
        case 200...299: .accepted
        case 301, 302, 307, 308: .redirected
        case 404, 410: .notReady(.notReady)
        case 408, 409, 423, 425: .notReady(.serverError)
        case 429, 503: .notReady(.serverBusy)
        case 501: .unconfirmed
        case 500...599: .notReady(.serverError)
        case 400...499: .unconfirmed
        default: .notReady(.malformedAnswer)
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
