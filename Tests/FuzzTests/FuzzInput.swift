import HTTPTypes
import Tus

/// The forms that the bytes of an input have.
enum FuzzInput {
    /// A text, repaired as the HTTP client repairs one.
    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// Lines, of which the last one is all the rest; empty ones where there are fewer.
    static func lines(_ count: Int, of bytes: [UInt8]) -> [String] {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: count - 1, omittingEmptySubsequences: false)
        let texts = lines.map { String(decoding: $0, as: UTF8.self) }
        return texts + Array(repeating: "", count: count - texts.count)
    }

    /// What stands between lines of `---`.
    static func blocks(of bytes: [UInt8]) -> [[UInt8]] {
        var blocks: [[UInt8]] = [[]]
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.elementsEqual("---".utf8) {
                blocks.append([])
            } else {
                if !blocks[blocks.count - 1].isEmpty { blocks[blocks.count - 1].append(UInt8(ascii: "\n")) }
                blocks[blocks.count - 1] += line
            }
        }
        return blocks
    }

    /// An answer: a line with the status, lines `Name: value`, an empty line, and the body.
    static func answer(_ bytes: [UInt8]) -> Answer {
        var rest = bytes[...]
        func nextLine() -> String? {
            guard !rest.isEmpty else { return nil }
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(line.count + 1)
            return String(decoding: line, as: UTF8.self)
        }
        var answer = Answer(status: nextLine().flatMap { Int(UInt16($0) ?? 200) } ?? 200)
        while let line = nextLine(), !line.isEmpty {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            // As the engine takes them from the HTTP client.
            guard parts.count == 2, let name = HTTPField.Name(String(parts[0])) else { continue }
            let value = parts[1].drop { $0 == " " }
            answer.fields.append(HTTPField(name: name, value: String(value)))
        }
        answer.body = Array(rest)
        return answer
    }
}

extension Request {
    /// Rules of every request, whatever an answer or a file said before it.
    func check() throws {
        try url.checkRequested()
        for field in fields {
            try hold(HTTPField.isValidValue(field.value), "the header \(field.name) has the value \(field.value)")
            try hold(!field.value.utf8.contains { [0, 10, 13].contains($0) }, "the header \(field.name) has two lines")
        }
        if case .bytes(let bytes) = body {
            try hold(fields[.contentLength] == String(bytes.count), "Content-Length is not what the body has")
        }
    }
}
