/// What a check found: one line.
struct Finding: Equatable {
    /// How bad it is.
    enum Level: String, Encodable {
        case ok
        /// Was wrong until just now.
        case fixed
        /// May be wrong, or become so.
        case warning
        case problem
    }

    let level: Level
    /// What was found, in a sentence without a full stop.
    let message: String
    /// What to do about it.
    let advice: String?

    init(_ level: Level, _ message: String, advice: String? = nil) {
        self.level = level
        self.message = message
        self.advice = advice
    }
}

extension Finding.Level {
    /// How the word stands out.
    var style: Style {
        switch self {
        case .ok: .green
        case .fixed: .cyan
        case .warning: .yellow
        case .problem: .red
        }
    }
}

extension Int {
    /// Such as `1 upload` or `3 uploads`.
    func counted(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}
