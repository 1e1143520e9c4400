/// Something that reads what comes from outside, fed with any bytes.
///
/// The tests replay a corpus and mutations of it; `.ci/fuzz` lets libFuzzer look for inputs by what code they reach.
struct FuzzEntry: Sendable, CustomStringConvertible {
    /// The name, and that of its folder in `Corpus`.
    let name: String
    /// Reads the bytes; throws ``Broken`` where a rule does not hold, and never traps.
    let run: @Sendable ([UInt8]) throws -> Void

    init(_ name: String, _ run: @escaping @Sendable ([UInt8]) throws -> Void) {
        self.name = name
        self.run = run
    }

    var description: String { name }

    /// Every entry.
    static let all = wire + locations + [machine] + host + [configuration] + server + command
}

/// A rule that an input broke.
struct Broken: Error, CustomStringConvertible {
    let description: String
}

/// Fails unless a rule holds.
func hold(_ condition: Bool, _ rule: @autoclosure () -> String) throws {
    if !condition { throw Broken(description: rule()) }
}
