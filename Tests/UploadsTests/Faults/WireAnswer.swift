import Foundation

/// An answer as it goes over the wire: nothing in it need fit together.
struct WireAnswer: Sendable {
    var status: Int
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []

    init(status: Int, fields: [(name: String, value: String)] = [], body: String = "") {
        self.status = status
        self.fields = fields + [("Content-Length", "\(body.utf8.count)")]
        self.body = Array(body.utf8)
    }

    /// Reads what a server sent until it closed the connection; nil where that is no answer.
    init?(_ bytes: [UInt8]) {
        guard let end = WireRequest.endOfHead(bytes) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        self.status = status
        fields = lines.dropFirst().compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
        body = Array(bytes[(end + 4)...])
    }

    /// The field's first value; setting it removes all others.
    subscript(_ name: String) -> String? {
        get { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
        set {
            fields.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { fields.append((name, newValue)) }
        }
    }

    /// The status line and the fields; each connection carries one answer.
    var head: [UInt8] {
        var answer = self
        answer["Connection"] = "close"
        let lines = ["HTTP/1.1 \(status) Any"] + answer.fields.map { "\($0.name): \($0.value)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// The same with a body, where it had none: what can go wrong in a body needs one.
    var withBody: WireAnswer {
        guard body.isEmpty else { return self }
        var answer = self
        if status == 204 { answer.status = 200 }
        answer.body = Array("all is well".utf8)
        answer["Content-Length"] = "\(answer.body.count)"
        return answer
    }
}

/// A request as it came over the wire.
struct WireRequest: Sendable {
    var method: String
    var target: String
    var lines: [String]
    var body: [UInt8]

    static func endOfHead(_ bytes: [UInt8]) -> Int? {
        let end = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { bytes[$0] == 13 && Array(bytes[$0..<($0 + 4)]) == end }
    }

    /// Reads the head; the body is what came with it so far.
    init?(_ bytes: [UInt8]) {
        guard let end = Self.endOfHead(bytes) else { return nil }
        lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        let parts = lines[0].split(separator: " ")
        guard parts.count == 3 else { return nil }
        (method, target) = (String(parts[0]), String(parts[1]))
        body = Array(bytes[(end + 4)...])
    }

    /// The bytes that the body has, as its sender says.
    var length: Int {
        let line = lines.first { $0.lowercased().hasPrefix("content-length:") }
        return line.flatMap { Int($0.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces)) } ?? 0
    }

    /// The same, with a name that the server notes; the connection ends with its answer.
    func bytes(named name: String) -> [UInt8] {
        let kept = lines.filter { !$0.lowercased().hasPrefix("connection:") }
        let all = kept + ["Connection: close", "X-Request-ID: \(name)"]
        return Array((all.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }
}
