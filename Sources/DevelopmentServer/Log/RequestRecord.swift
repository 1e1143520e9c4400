/// One finished request, as ``DevelopmentServer/requests()`` and `requests.jsonl` tell it; it holds no secret.
package struct RequestRecord: Codable, Sendable, Equatable {
    /// Position in the log, from 1; continues after a restart on the same directory.
    package internal(set) var sequence = 0
    /// The last place in the log that was taken when the request arrived: it overlaps all that come after that one and
    /// before itself.
    package internal(set) var began: Int?
    /// What the client calls itself or the request, by `X-Request-ID`.
    package internal(set) var requestID: String?
    /// The method; the one of `X-HTTP-Method-Override` where a POST names one.
    package internal(set) var method: String
    package internal(set) var step: RequestStep
    /// The path without query; an upload token in it reads `{token}`.
    package internal(set) var path: String
    /// The grant that the request's upload token belongs to.
    package internal(set) var grant: String?
    /// The upload it is about, as in the last part of its URL.
    package internal(set) var upload: String?
    /// The status answered; nil when the connection was closed without an answer.
    package internal(set) var status: Int?
    /// The upload's offset when the request was let in; nil when the request did not get that far.
    package internal(set) var offsetBefore: Int64?
    /// Bytes of the request's body read before it was answered; a refused body is not read.
    package internal(set) var bytesReceived: Int64 = 0
    /// Bytes of the body that were stored.
    package internal(set) var bytesStored: Int64 = 0
    /// The upload's offset when the request was done with it.
    package internal(set) var offsetAfter: Int64?
    /// Whether the connection ended before an answer: by the client, or by a fault.
    package internal(set) var cut = false
    /// The fault applied, in its text form.
    package internal(set) var fault: String?
    /// Whether an `Authorization` header was present; its value is nowhere kept.
    package internal(set) var authorization = false
    /// Names of headers that neither HTTP nor tus asks for, sorted, lower case.
    package internal(set) var customHeaders: [String] = []
    /// Whether this is the finalize that took effect.
    package internal(set) var finalized = false
}
