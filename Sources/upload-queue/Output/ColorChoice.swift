import ArgumentParser

/// When colours are used.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
    case auto
    case always
    case never

    /// Whether colours are wanted.
    ///
    /// - Parameters:
    ///   - isTerminal: Whether the text goes to a terminal.
    ///   - environment: The environment variables; `NO_COLOR` that is not empty (https://no-color.org) and `TERM=dumb`
    ///     turn `auto` off.
    /// - Returns: Whether colours are wanted.
    func isWanted(isTerminal: Bool, environment: [String: String]) -> Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto: isTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
        }
    }
}
