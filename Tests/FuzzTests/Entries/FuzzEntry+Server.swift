import Foundation
import HTTPTypes

@testable import DevelopmentServer

/// What `upload-queue serve` reads: its faults, and requests.
extension FuzzEntry {
    static let server = [
        FuzzEntry("fault", readFault),
        FuzzEntry("request", readRequest),
    ]

    private static func readFault(_ bytes: [UInt8]) throws {
        guard let fault = try? Fault(parsing: FuzzInput.text(bytes)) else { return }
        let text = fault.description
        let again = try? Fault(parsing: text)
        try hold(again == fault, "what was written reads otherwise: \(text)")
    }

    /// A method and a path, one header after another, and a body.
    private static func readRequest(_ bytes: [UInt8]) throws {
        let parts = FuzzInput.lines(4, of: bytes)
        let words = parts[0].split(separator: " ", maxSplits: 1).map(String.init)
        if words.count == 2, let method = HTTPRequest.Method(words[0]) {
            let route = Route(method, words[1][...])
            let isShort = route.loggedPath.split(separator: "/").allSatisfy { $0.utf8.count <= 64 }
            try hold(isShort, "the log may tell a token: \(route.loggedPath)")
        }
        let fields = HTTPFields([HTTPField(name: .contentLength, value: parts[1])])
        try hold(fields.count(named: "Content-Length") ?? 0 >= 0, "a length is negative")
        _ = UploadMetadata(parts[1])?.text("filename")
        _ = UploadToken(parts[1]).grant
        let body = Data(parts[3].utf8)
        _ = FormFields(body, contentType: parts[2])
        if let mint = try? JSONDecoder().decode(MintRequest.self, from: body) {
            let ending = mint.fileExtension
            try hold(1...16 ~= ending.utf8.count && !ending.contains { "/.".contains($0) }, "\(ending) is no ending")
            _ = mint.violation
        }
    }

    /// A time as the server writes it.
    static func serverDate(_ seconds: Double) -> String { HTTPDate.text(seconds) }

    /// Metadata as the server reads it.
    static func serverMetadata(_ field: String) -> [String: Data]? { UploadMetadata(field)?.values }

    /// A form as the server reads it.
    static func serverForm(_ body: [UInt8], _ contentType: String) -> [String: String]? {
        FormFields(Data(body), contentType: contentType)?.texts
    }
}
