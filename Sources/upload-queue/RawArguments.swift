/// The arguments as the kernel passed them, which need not be UTF-8.
enum RawArguments {
    /// The arguments that are not UTF-8: what Swift made of them, and how to show them.
    static let notUTF8: [String: String] = {
        var found: [String: String] = [:]
        for index in 0..<Int(CommandLine.argc) {
            guard let text = CommandLine.unsafeArgv[index], String(validatingCString: text) == nil else { continue }
            var bytes: [UInt8] = []
            while text[bytes.count] != 0 { bytes.append(UInt8(bitPattern: text[bytes.count])) }
            found[String(cString: text)] = shown(bytes)
        }
        return found
    }()

    /// What is wrong with an argument that is not UTF-8.
    static func complaint(about argument: String) -> String {
        "\(argument) is not UTF-8, but the queue and the servers keep names as UTF-8; rename the file"
    }

    /// The text with its bytes beyond ASCII written out.
    static func shown(_ text: some Sequence<UInt8>) -> String {
        text.map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return 0x20...0x7E ~= byte ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + digits
        }.joined()
    }
}
