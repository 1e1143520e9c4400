/// What a host means by an answer, where it is not what the table says.
package struct AnswerRule: Sendable {
    /// What is done.
    package enum Outcome: String, Sendable, CaseIterable {
        /// Tried again later.
        case later
        /// Refused for good.
        case fail
        /// Waits for a person to renew credentials.
        case credentials
        /// Waits for a person to give a permission.
        case permission
        /// Waits for a person to make room.
        case quota
    }

    /// The steps whose answers it is for.
    package var steps: Set<Step>
    /// Whether an answer is one that it is for.
    package var matches: @Sendable (Answer) -> Bool
    /// What is done.
    package var outcome: Outcome

    /// A rule as given.
    package init(
        steps: Set<Step>,
        outcome: Outcome,
        matches: @escaping @Sendable (Answer) -> Bool
    ) {
        self.steps = steps
        self.outcome = outcome
        self.matches = matches
    }

    /// What the machine does.
    var verdict: AnswerTable.Verdict {
        switch outcome {
        case .later: .later(.serverError)
        case .fail: .failed(.refused)
        case .credentials: .parked(.credentials, .credentialsRefused)
        case .permission: .parked(.permission, .permissionRefused)
        case .quota: .parked(.quota, .quotaExceeded)
        }
    }

    func covers(_ answer: Answer, to step: Step) -> Bool {
        steps.contains(step) && matches(answer)
    }
}
