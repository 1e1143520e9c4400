extension String {
    /// The text on one line, with characters that would steer a terminal written out.
    var visible: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": text += scalar.escaped
            default:
                if scalar.properties.generalCategory == .control {
                    text += scalar.escaped
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    fileprivate var escaped: String { "\\u{\(String(value, radix: 16))}" }
}
