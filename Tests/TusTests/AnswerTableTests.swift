import HTTPTypes
import Testing
import Tus

/// design.md §7 as data: what the machine does with every status, asked in every step for the first time.
@Suite struct AnswerTableTests {
    struct Row: Sendable {
        let statuses: [ClosedRange<Int>]
        /// The action for a plain tus upload.
        let action: String
        /// The action for a minted one, where it differs.
        let withGrant: String?
        /// The action for one whose grant the queue minted under an earlier claim, where it differs from both.
        let minted: String?

        init(_ statuses: [ClosedRange<Int>], _ action: String, grant: String? = nil, minted: String? = nil) {
            self.statuses = statuses
            self.action = action
            withGrant = grant
            self.minted = minted
        }

        init(_ statuses: Int..., does action: String, grant: String? = nil, minted: String? = nil) {
            self.init(statuses.map { $0...$0 }, action, grant: grant, minted: minted)
        }

        func action(_ grant: AnswerTable.Grant) -> String {
            switch grant {
            case .none: action
            case .given: withGrant ?? action
            case .minted: minted ?? withGrant ?? action
            }
        }
    }

    static let mint: [Row] = [
        Row(noStatus, "later malformed_answer"),
        Row([200...299], "minted"),
        Row(301, 302, 307, 308, does: "POST"),
        Row(otherRedirects, "failed redirect_refused"),
        Row(401, does: "parked credentials credentials_refused"),
        Row(402, does: "parked quota quota_exceeded"),
        Row(403, does: "later permission_refused"),
        Row(408, 425, does: "later server_error"),
        Row(409, 423, does: "later conflict"),
        Row(428, does: "parked permission precondition_required"),
        Row(429, 503, does: "pause server_busy"),
        Row(
            [
                400...400, 404...407, 410...422, 424...424, 426...427, 430...499, 501...501,
            ],
            "failed refused"
        ),
        Row(507, does: "later server_full"),
        Row(otherServerErrors, "later server_error"),
    ]

    /// A finalize that was sent under an earlier claim: without a file it is sent once more.
    static let probe: [Row] = [
        Row([200...299], "finalized"), Row([-1...199, 300...999], "finalizeSent"),
    ]

    static let confirm: [Row] = [
        Row(noStatus + otherRedirects, "later malformed_answer"),
        Row([200...299], "confirmed"),
        Row(301, 302, 307, 308, does: "GET"),
        Row(404, 410, does: "later not_ready"),
        Row(408, 409, 423, 425, does: "later server_error"),
        Row(429, 503, does: "later server_busy"),
        Row(
            [400...403, 405...407, 411...422, 424...424, 426...428, 430...499, 501...501],
            "confirmed unconfirmed"
        ),
        Row([500...500, 502...502, 504...599], "later server_error"),
    ]

    static let noStatus: [ClosedRange<Int>] = [-1...199, 600...999]
    static let otherRedirects: [ClosedRange<Int>] = [300...300, 303...306, 309...399]
    static let otherServerErrors: [ClosedRange<Int>] = [500...500, 502...502, 504...506, 508...599]

    static let create: [Row] = [
        Row(noStatus, "later malformed_answer"),
        Row([200...299], "created completing"),
        Row(301, 302, 307, 308, does: "POST"),
        Row(otherRedirects, "failed redirect_refused"),
        Row(401, does: "parked credentials credentials_refused", grant: "failed grant_expired", minted: "gone mint"),
        Row(402, does: "parked quota quota_exceeded"),
        Row(403, does: "parked permission permission_refused", grant: "failed grant_expired", minted: "gone mint"),
        Row(404, 410, does: "failed refused", grant: "failed grant_expired", minted: "gone mint"),
        Row(408, 425, does: "later server_error"),
        Row(409, 423, does: "later conflict"),
        Row(412, does: "failed version_not_supported"),
        Row(413, does: "failed file_too_large"),
        Row(428, does: "parked permission precondition_required"),
        Row(429, does: "pause server_busy", grant: "later server_busy", minted: "pause server_busy"),
        Row(400, does: "failed refused", minted: "gone mint"),
        Row(
            [
                405...407, 411...411, 414...414, 415...422, 424...424, 426...427, 430...499, 501...501,
            ],
            "failed refused"
        ),
        Row(503, does: "pause server_busy"),
        Row(507, does: "later server_full"),
        Row(otherServerErrors, "later server_error"),
    ]

    static let offset: [Row] = [
        Row(noStatus, "later malformed_answer"),
        Row([200...299], "acknowledged 10 completing"),
        Row(301, 302, 307, 308, does: "HEAD"),
        Row(otherRedirects, "failed redirect_refused"),
        Row(401, does: "parked credentials credentials_refused", grant: "failed grant_expired", minted: "gone mint"),
        Row(402, does: "parked quota quota_exceeded"),
        Row(403, does: "parked permission permission_refused", grant: "failed grant_expired", minted: "gone mint"),
        Row(404, 410, does: "gone", minted: "gone mint"),
        Row(408, 425, does: "later server_error"),
        Row(409, 423, does: "later conflict"),
        Row(412, does: "failed version_not_supported"),
        Row(428, does: "parked permission precondition_required"),
        Row(429, 503, does: "pause server_busy"),
        Row(
            [400...400, 405...407, 411...411, 413...422, 424...424, 426...427, 430...499, 501...501],
            "failed refused"
        ),
        Row(507, does: "later server_full"),
        Row(otherServerErrors, "later server_error"),
    ]

    static let transfer: [Row] = [
        Row(noStatus, "HEAD"),
        Row([200...299], "acknowledged 10 completing"),
        Row(301, 302, 307, 308, does: "PATCH 0-100"),
        Row(otherRedirects, "failed redirect_refused"),
        Row(400, does: "HEAD"),
        Row(401, does: "parked credentials credentials_refused", grant: "failed grant_expired", minted: "HEAD"),
        Row(402, does: "parked quota quota_exceeded"),
        Row(403, does: "parked permission permission_refused", grant: "failed grant_expired", minted: "HEAD"),
        Row(404, 410, does: "gone", grant: "failed completion_outcome_unknown"),
        Row(408, 425, does: "later server_error"),
        Row(409, 423, does: "HEAD"),
        Row(412, does: "failed version_not_supported"),
        // 100 bytes are one request of the smallest size: there is no smaller one to try.
        Row(413, does: "failed request_too_large"),
        Row(428, does: "parked permission precondition_required"),
        Row(429, 503, does: "pause server_busy"),
        Row(460, does: "PATCH 0-100"),
        Row(
            [
                405...407, 411...411, 414...422, 424...424, 426...427, 430...459, 461...499, 501...501,
            ],
            "failed refused"
        ),
        Row(507, does: "later server_full"),
        Row(otherServerErrors, "later server_error"),
    ]

    static let finalize: [Row] = [
        Row(noStatus, "failed finalize_outcome_unknown"),
        Row([200...299], "finalized"),
        Row(301, 302, 307, 308, does: "PUT"),
        Row(otherRedirects, "failed finalize_outcome_unknown"),
        Row(400, 403, 404, 409, 410, 423, does: "failed finalize_outcome_unknown"),
        Row(401, does: "failed grant_expired"),
        Row(408, 425, 429, does: "later server_error"),
        Row(428, does: "parked permission precondition_required"),
        Row(
            [402...402, 405...407, 411...422, 424...424, 426...427, 430...499, 501...501],
            "failed refused"
        ),
        Row([500...500, 502...599], "later server_error"),
    ]

    static let delete: [Row] = [
        Row(noStatus, "deleted not_deleted"),
        Row([200...299, 404...404, 410...410], "deleted"),
        Row(301, 302, 307, 308, does: "DELETE"),
        Row(otherRedirects, "deleted not_deleted"),
        Row(408, 425, does: "later server_error"),
        Row(409, 423, does: "later conflict"),
        Row(429, 503, does: "pause server_busy"),
        Row(
            [
                400...403, 405...407, 411...422, 424...424, 426...428, 430...499, 501...501,
            ],
            "deleted not_deleted"
        ),
        Row([500...500, 502...502, 504...599], "later server_error"),
    ]

    static let table: [(step: Step, rows: [Row])] = [
        (.mint, mint), (.probe, probe), (.confirm, confirm), (.create, create), (.offset, offset),
        (.transfer, transfer), (.finalize, finalize), (.delete, delete),
    ]

    /// A machine whose request of the step waits for its answer.
    static func machine(asking step: Step, grant: AnswerTable.Grant = .none) -> UploadMachine {
        let phase: Phase =
            switch step {
            case .mint: .mint
            case .create: .create
            case .finalize, .probe: .finalize
            case .confirm: .confirm
            case .offset, .transfer, .delete, .capabilities: .transfer
            }
        var upload = Sample.upload(phase)
        upload.cancelling = step == .delete
        if step == .probe { upload.finalizeSent = 1 }
        let finalizes = step == .finalize || step == .probe
        let plan = UploadMachine.Plan(
            mint: step == .mint || grant == .minted ? Sample.mint : nil,
            finalize: finalizes ? .wix(filename: "a") : nil,
            probe: step == .probe ? Sample.question(.probe) : nil,
            confirm: step == .confirm ? Sample.question(.confirm) : nil,
            grant: grant != .none
        )
        var machine = UploadMachine(upload: upload, plan: plan)
        let first = machine.start()
        if step == .finalize { _ = machine.recorded() }
        if step == .transfer {
            _ = machine.receive(.offset(0))
            _ = machine.recorded()
        }
        precondition(step != .create || first.summary == "POST")
        return machine
    }

    /// An answer that a 2xx and a redirect of any step can be read from.
    static func answer(_ status: Int, to step: Step) -> Answer {
        var fields: HTTPFields = [.uploadOffset: "10", .location: "/files/other"]
        if step == .delete { fields[.uploadOffset] = nil }
        return Answer(status: status, fields: fields, body: Array(#"{"file":{"id":"x"}}"#.utf8))
    }

    /// The action once a refused `PATCH` was followed by a look at the offset (`RefusalTests`) that found bytes missing.
    private static func standing(_ action: Action, of machine: inout UploadMachine, from expected: String) -> Action {
        let isRefusal = expected.hasPrefix("parked") || expected.hasPrefix("failed")
        return isRefusal && action.summary == "HEAD" ? machine.receive(.offset(10)) : action
    }

    @Test(arguments: table.map(\.step), [AnswerTable.Grant.none, .given, .minted])
    func everyStatusHasItsMeaning(step: Step, grant: AnswerTable.Grant) throws {
        let rows = try #require(Self.table.first { $0.step == step }).rows
        let machine = Self.machine(asking: step, grant: grant)
        for row in rows {
            for status in row.statuses.joined() {
                var machine = machine
                let expected = row.action(grant)
                let action = Self.standing(machine.receive(Self.answer(status, to: step)), of: &machine, from: expected)
                #expect(action.summary == expected, "\(step) \(status)")
            }
        }
    }

    @Test(arguments: table.map(\.step))
    func everyStatusIsInTheTableOnce(step: Step) throws {
        let rows = try #require(Self.table.first { $0.step == step }).rows
        let statuses = rows.flatMap { row in row.statuses.flatMap(Array.init) }
        #expect(statuses.sorted() == Array(-1...999))
    }

    @Test(arguments: [Step.create, .offset, .transfer, .delete, .finalize])
    func noAnswerIsForLater(step: Step) {
        var machine = Self.machine(asking: step)
        let action = machine.receive(RequestFailure(code: "stalled", message: "No byte moved for 60 s"))
        #expect(action.summary == "later stalled")
        #expect(action.problem?.message.contains("No byte moved for 60 s") == true)
    }

    @Test(arguments: [Step.create, .offset, .transfer])
    func exhaustedQuotaParks(step: Step) {
        var machine = Self.machine(asking: step, grant: .given)
        let first = machine.receive(Answer(status: 400, body: Sample.wixError("SITE_QUOTA_EXCEEDED")))
        let parked = "parked quota quota_exceeded"
        #expect(Self.standing(first, of: &machine, from: parked).summary == parked)
    }

    @Test(arguments: AnswerTable.finalRefusals.sorted())
    func knownCodeOnFinalizeIsFinal(code: String) {
        var machine = Self.machine(asking: .finalize, grant: .given)
        let action = machine.receive(Answer(status: 400, body: Sample.wixError(code)))
        #expect(action.summary == "failed refused")
        #expect(action.problem?.message.contains(code) == true)
    }
}
