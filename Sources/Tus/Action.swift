/// What the engine does next for an upload.
package enum Action: Sendable, Equatable {
    /// Send this request, then call `receive`.
    case send(Request)
    /// Make this durable, then call `recorded`.
    case record(Transition)
    /// Make the MD5 of the source, then call `digested`.
    case digest
    /// Nothing is left to do under this claim.
    case stop
}
