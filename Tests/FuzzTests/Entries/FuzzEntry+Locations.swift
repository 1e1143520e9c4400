import Foundation

@testable import Tus

/// What a server says of where to go.
extension FuzzEntry {
    static let locations = [
        FuzzEntry("location", resolveLocation),
        FuzzEntry("finalize", makeFinalize),
    ]

    /// A URL, and the `Location` that it answered with.
    private static func resolveLocation(_ bytes: [UInt8]) throws {
        let parts = FuzzInput.lines(2, of: bytes)
        guard let base = URL(string: parts[0]), Origin(base) != nil else { return }
        guard let url = base.resolving(location: parts[1]) else { return }
        try url.checkStored()
        let isDowngrade = base.scheme?.lowercased() == "https" && url.scheme != "https"
        try hold(!isDowngrade, "\(url) follows https")
        try hold(URL(string: url.absoluteString)?.absoluteString == url.absoluteString, "\(url) is stored otherwise")
    }

    /// The endpoint and the token of a grant, and the name of a file.
    private static func makeFinalize(_ bytes: [UInt8]) throws {
        let parts = FuzzInput.lines(3, of: bytes)
        guard let endpoint = URL(string: parts[0]), !parts[1].isEmpty,
            let request = Finalize.wix(filename: parts[2]).request(endpoint: endpoint, token: parts[1])
        else { return }
        try request.check()
        try hold(Origin(request.url) == Origin(endpoint), "\(request.url) is at another origin than \(endpoint)")
        let components = URLComponents(url: request.url, resolvingAgainstBaseURL: false)
        let path = components?.percentEncodedPath ?? ""
        try hold(path.hasSuffix("/\(parts[1].percentEncoded)"), "\(path) does not end in the token")
        // Not `queryItems`: Foundation takes a byte order mark away with which a text begins.
        let item = components?.percentEncodedQueryItems?.last
        let filename = item?.value.map(percentDecoded)
        try hold(item?.name == "filename" && filename == Array(parts[2].utf8), "\(request.url) has another filename")
    }

    private static func percentDecoded(_ text: String) -> [UInt8] {
        var rest = Array(text.utf8)[...]
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
                bytes.append(byte)
                continue
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}

extension URL {
    /// Rules of every URL that a row holds; the schema knows no other spelling of the schemes.
    func checkStored() throws {
        let text = absoluteString
        try hold(text.hasPrefix("http://") || text.hasPrefix("https://"), "\(text) cannot be stored")
        try checkRequested()
    }

    /// Rules of every URL that a request goes to.
    func checkRequested() throws {
        let text = absoluteString
        try hold(text.utf8.allSatisfy { 0x21...0x7E ~= $0 }, "\(text) has characters that end a request line")
        guard let origin = Origin(self) else { throw Broken(description: "\(text) has no origin") }
        // The HTTP client stops the program at a port that is none.
        try hold(1...65_535 ~= origin.port, "\(text) has the port \(origin.port)")
        try hold(origin == Origin(authorityOf: text), "\(text) is at another origin than \(origin)")
    }
}

extension Origin {
    /// The origin as RFC 3986, section 3.2, cuts it out of a text, to compare with.
    fileprivate init?(authorityOf text: String) {
        let bytes = Array(text.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let afterScheme = bytes.dropFirst(colon + 3)
        let authority = afterScheme.prefix { !"/?#".utf8.contains($0) }
        let hostAndPort = authority.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false).last ?? []
        let isBracketed = hostAndPort.first == UInt8(ascii: "[")
        let end =
            isBracketed
            ? (hostAndPort.firstIndex(of: UInt8(ascii: "]")) ?? hostAndPort.endIndex - 1) + 1
            : hostAndPort.firstIndex(of: UInt8(ascii: ":")) ?? hostAndPort.endIndex
        let host = String(decoding: hostAndPort[..<end], as: UTF8.self)
        let scheme = String(decoding: bytes.prefix(colon), as: UTF8.self).lowercased()
        let port = String(decoding: hostAndPort[end...].dropFirst(), as: UTF8.self)
        let standard = scheme == "https" ? ":443" : ":80"
        let text = "\(scheme)://\(host)\(port.isEmpty ? standard : ":\(port)")"
        guard let url = URL(string: text) else { return nil }
        self.init(url)
    }
}
