/// How many bytes each request of an upload may have, as a host wants it.
struct ChunkRule: Sendable, Equatable {
    /// Bytes of every request but the last.
    var exact: Int64?

    /// Reads the rule; without one the queue chooses.
    init(_ node: ConfigurationNode?) throws {
        guard let node else { return }
        let bytes: ClosedRange<Int64> = 1...(1 << 40)
        exact = try node.integer("exact", in: bytes)
        let preferred = try node.integer("preferred", in: bytes)
        let least = try node.integer("min", in: bytes) ?? 1
        let most = try node.integer("max", in: bytes) ?? 1 << 40
        let multiple = try node.integer("multipleOf", in: bytes) ?? 1
        try node.end()
        guard exact == nil || preferred == nil else { throw node.mistake("exact", "exact leaves nothing to prefer") }
        guard least <= most else { throw node.mistake("min", "it is more than max") }
        if exact == nil, preferred != nil || multiple > 1 || least > 1 || most < 1 << 40 {
            // One size that keeps every rule: each request then starts and ends at a multiple.
            let wanted = min(max(preferred ?? 64 << 20, least), most)
            let aligned = wanted - wanted % multiple
            exact = aligned >= least ? aligned : aligned + multiple
        }
        guard let exact else { return }
        guard least...most ~= exact, exact > 0, exact % multiple == 0 else {
            throw node.mistake("multipleOf", "no multiple of \(multiple) lies between \(least) and \(most)")
        }
    }
}
