import Foundation
import HTTPTypes

@testable import Tus

/// Headers and bodies of a server's answers.
extension FuzzEntry {
    static let wire = [
        FuzzEntry("answer", readAnswer),
        FuzzEntry("date", readDate),
        FuzzEntry("message", readMessage),
        FuzzEntry("metadata", readMetadata),
    ]

    /// The numbers and lists of any answer, and what it means at every step.
    private static func readAnswer(_ bytes: [UInt8]) throws {
        let answer = FuzzInput.answer(bytes)
        for name in [HTTPField.Name.uploadOffset, .uploadLength, .tusMaxSize] {
            guard let count = answer.byteCount(name) else { continue }
            try hold(count >= 0, "\(name) is \(count)")
            let digits = answer.fields[name]?.drop { $0 == "0" } ?? ""
            try hold(digits == (count == 0 ? "" : String(count)), "\(name) was read as \(count)")
        }
        if let capabilities = Capabilities(answer) {
            let names = capabilities.versions + capabilities.extensions
            try hold(names.allSatisfy { !$0.isEmpty && !$0.contains(",") }, "a list has an item that is none: \(names)")
            try hold(capabilities.extensions.allSatisfy { $0 == $0.lowercased() }, "an extension is not in lower case")
            try hold(capabilities.versions.count <= 64 && capabilities.extensions.count <= 64, "a list has no bound")
        }
        let message = ServerMessage(body: answer.body, redaction: Redaction(secrets: [], headers: [:]))
        for step in Step.allCases {
            for grant in [AnswerTable.Grant.none, .given, .minted] {
                let verdict = AnswerTable.verdict(
                    status: answer.status,
                    step: step,
                    grant: grant,
                    applicationCode: message.applicationCode
                )
                let isSuccess = 200...299 ~= answer.status
                try hold(isSuccess || verdict != .accepted, "\(answer.status) to \(step) is taken for a success")
            }
        }
    }

    private static func readDate(_ bytes: [UInt8]) throws {
        switch RetryAfter(FuzzInput.text(bytes)) {
        case .seconds(let seconds):
            try hold(0...(1 << 31) ~= seconds, "\(seconds) is no time to wait")
        case .date(let date):
            let seconds = date.timeIntervalSince1970
            let (first, end) = (-62_167_219_200.0, 253_402_300_800.0)
            try hold(first...end ~= seconds, "\(seconds) is in no year of four digits")
            // Written by other code, it reads as the same; before 1583 that counts by another calendar.
            guard -12_212_553_600...end - 1 ~= seconds else { return }
            let written = serverDate(seconds)
            try hold(HTTPDate.parse(written) == date, "\(written) is another time than \(date)")
        case nil:
            break
        }
    }

    /// The first line is a secret that the server was told, the rest its answer.
    private static func readMessage(_ bytes: [UInt8]) throws {
        let parts = FuzzInput.lines(2, of: bytes)
        let secret = parts[0]
        let redaction = Redaction(secrets: [secret], headers: [.authorization: "Bearer \(secret)"])
        let message = ServerMessage(body: Array(parts[1].utf8), redaction: redaction)
        try hold(message.text.count <= 300, "a message has \(message.text.count) characters")
        let isOneLine = message.text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        try hold(isOneLine, "a message has control characters")
        let code = message.applicationCode ?? "NONE"
        try hold(1...64 ~= code.utf8.count && code.utf8.allSatisfy { $0 < 0x60 && $0 > 0x2F }, "\(code) is no code")
        // What is put in the place of a secret has letters of its own.
        guard secret.utf8.count >= 6, !"[redacted]".utf8.contains(secret.utf8) else { return }
        try hold(!message.text.utf8.contains(secret.utf8), "a message tells the secret \(secret): \(message.text)")
    }

    private static func readMetadata(_ bytes: [UInt8]) throws {
        let text = FuzzInput.text(bytes)
        guard let metadata = try? Metadata(decoding: text) else { return }
        guard let encoded = metadata.encoded else {
            try hold(metadata.pairs.isEmpty, "pairs were left out")
            return
        }
        try hold(encoded.utf8.allSatisfy { 0x20...0x7E ~= $0 }, "Upload-Metadata is not visible ASCII")
        try hold(encoded.utf8.count <= Metadata.longestField, "Upload-Metadata has \(encoded.utf8.count) bytes")
        let again = try? Metadata(decoding: encoded)
        try hold(again == metadata, "what was written reads otherwise: \(encoded)")
        try hold(serverMetadata(encoded) == values(of: metadata), "the server reads otherwise: \(encoded)")
    }

    private static func values(of metadata: Metadata) -> [String: Data] {
        Dictionary(metadata.pairs.map { ($0.key, Data($0.value.utf8)) }) { first, _ in first }
    }
}
