/// What the demo claims; each claim is checked.
struct DemoChecks {
    private(set) var passed = 0
    private(set) var failed = 0

    /// Tells whether a claim holds.
    mutating func check(_ holds: Bool, _ claim: String) throws {
        if holds { passed += 1 } else { failed += 1 }
        try Output.line(holds ? "   ok      \(claim)" : "   FAILED: \(claim)")
    }
}
