/// A request that got no answer: the connection was lost, or nothing moved for too long.
package struct RequestFailure: Sendable, Equatable, Error {
    /// A short name in snake_case, for example `connection_lost` or `timeout`.
    package var code: String
    /// What happened, in a sentence without the final period.
    package var message: String
    /// Whether a part of the request may have reached the server; false where there was no connection at all.
    package var wasSent: Bool

    /// A failure as given.
    package init(code: String, message: String, wasSent: Bool = true) {
        self.code = code
        self.message = message
        self.wasSent = wasSent
    }
}
