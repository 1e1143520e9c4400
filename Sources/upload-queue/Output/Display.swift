import Foundation

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Where text is shown, as far as it matters how it is written.
struct Display: Sendable {
    /// The columns of a terminal; nil where text is not for a terminal and is not made to fit.
    var columns: Int?
    /// The lines of a terminal.
    var lines = 24
    /// Whether colours are understood and wanted.
    var hasColor = false
    /// Whether characters beyond ASCII are shown.
    var hasUnicode = true

    /// What stands for text that was left out.
    var mark: String { hasUnicode ? "…" : "~" }

    /// Standard output or standard error, as it is now.
    ///
    /// - Parameters:
    ///   - descriptor: The descriptor.
    ///   - color: What was asked for.
    ///   - environment: The environment variables.
    /// - Returns: The display.
    static func of(
        _ descriptor: Int32,
        color: ColorChoice,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Display {
        let isTerminal = isatty(descriptor) == 1
        var display = Display()
        display.hasColor = color.isWanted(isTerminal: isTerminal, environment: environment)
        display.hasUnicode = speaksUTF8(environment)
        guard isTerminal else { return display }
        var size = winsize()
        if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            display.columns = Int(size.ws_col)
            display.lines = max(Int(size.ws_row), 1)
        } else {
            display.columns = environment["COLUMNS"].flatMap { Int($0) }.map { max(1, $0) } ?? 80
        }
        return display
    }

    /// A text in a style, where colours are wanted.
    func styled(_ text: String, _ style: Style?) -> String {
        guard hasColor, let style, !text.isEmpty else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    /// locale(7): the first of these that is not empty decides; without any the locale is C, which is ASCII.
    private static func speaksUTF8(_ environment: [String: String]) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let name = locale.lowercased()
        return name.hasSuffix("utf-8") || name.hasSuffix("utf8")
    }
}

/// How a text stands out (ECMA-48, Select Graphic Rendition).
enum Style: Int {
    case bold = 1
    case dim = 2
    case red = 31
    case green = 32
    case yellow = 33
    case cyan = 36
}
