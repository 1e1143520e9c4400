import Foundation
import HTTPTypes
import Tus

@testable import UploadStore
@testable import Uploads

/// JSON of a host, of a user and of the database, and what is made of it.
extension FuzzEntry {
    static let host = [
        FuzzEntry("json", readJSON),
        FuzzEntry("path", readPath),
        FuzzEntry("template", readTemplate),
        FuzzEntry("grant", readGrant),
        FuzzEntry("wix", readWix),
        FuzzEntry("form", writeForm),
        FuzzEntry("row", readRow),
    ]

    private static func readJSON(_ bytes: [UInt8]) throws {
        if let texts = JSONObject.decode(FuzzInput.text(bytes)) {
            try hold(JSONObject.decode(JSONObject.encode(texts)) == texts, "\(texts) is stored otherwise")
        }
        guard let value = JSONValue(bytes) else { return }
        let text = value.compactText
        try hold(text.utf8.allSatisfy { $0 >= 0x20 }, "a document has more than a line: \(text)")
        try hold(JSONValue(Array(text.utf8)) == value, "what was written reads otherwise: \(text)")
    }

    /// A place, and the answer in which it is.
    private static func readPath(_ bytes: [UInt8]) throws {
        let parts = FuzzInput.lines(2, of: bytes)
        let answer = FuzzInput.answer(Array(parts[1].utf8))
        if let place = AnswerPlace(parts[0]) { _ = place.text(in: answer) }
        guard let path = JSONPath(parts[0]), let document = JSONValue(answer.body) else { return }
        let rule = #/\$(\.[^.\[]+|\[\d+\])*/#.dotMatchesNewlines()
        try hold(parts[0].wholeMatch(of: rule) != nil, "\(parts[0]) is taken for a path")
        let found = path.value(in: document)
        try hold(!path.isWhole || found == document, "$ is not the document")
    }

    private static func readTemplate(_ bytes: [UInt8]) throws {
        let text = FuzzInput.text(bytes)
        let literal = try Template(Template.literal(text)).text([:])
        try hold(Array(literal.utf8) == Array(text.utf8), "a literal is filled in: \(literal)")
        guard let template = try? Template(text) else { return }
        let values = Dictionary(template.names.map { ($0, "é\"{x}\r\n") }) { first, _ in first }
        let filled = try template.text(values)
        try hold(template.names.isEmpty || filled != text, "a place was left in \(text)")
        let isPlain = !text.contains("{") && !text.contains("}")
        try hold(!isPlain || Array(filled.utf8) == Array(text.utf8), "\(text) became \(filled)")
    }

    private static func readGrant(_ bytes: [UInt8]) throws {
        let text = FuzzInput.text(bytes)
        if let expiry = Grant.expiry(of: text) {
            try hold(Stored.isTime(Timestamp.text(expiry)), "the end of a token cannot be stored: \(expiry)")
        }
        if let url = try? Destination.url(text) {
            try hold(try Destination.url(url) == url, "\(url) is taken for another URL")
            try URL(string: url)?.checkStored()
        }
        guard let grant = try? Grant(response: text) else { return }
        let token = grant.uploadToken
        try hold(1...16_384 ~= token.utf8.count && HTTPField.isValidValue(token), "\(token) is no token")
        try hold((try? Grant(uploadURL: grant.uploadURL, uploadToken: token)) == grant, "\(grant) is no grant")
    }

    private static func readWix(_ bytes: [UInt8]) throws {
        let text = FuzzInput.text(bytes)
        let file = try? WixFile(response: text)
        try hold(file?.sizeInBytes ?? 0 >= 0, "a file has \(file?.sizeInBytes ?? 0) bytes")
        try hold(file == nil || Finalize.hasFileObject(Array(text.utf8)), "a file is read that is not there")
        guard let error = try? WixError(response: text) else { return }
        try hold(error.fieldViolations.count <= text.utf8.count, "an error has violations that nobody told")
        _ = error.summary
    }

    /// Names and values of a form, each with a zero byte after it.
    private static func writeForm(_ bytes: [UInt8]) throws {
        let texts = bytes.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        var fields: [String: String] = [:]
        for index in stride(from: 0, to: texts.count - 1, by: 2) where FormBody.isName(texts[index]) {
            fields[texts[index]] = texts[index + 1]
        }
        let form = FormBody(fields)
        try hold(HTTPField.isValidValue(form.contentType), "\(form.contentType) is no header")
        let boundary = "\r\n--" + form.contentType.drop { $0 != "=" }.dropFirst()
        let lines = count(Array(boundary.utf8), in: Array("\r\n".utf8) + form.bytes)
        try hold(lines == fields.count + 1, "the boundary \(boundary) is there \(lines) times")
        try hold(serverForm(form.bytes, form.contentType) == fields, "the server reads another form")
    }

    private static func count(_ part: [UInt8], in bytes: [UInt8]) -> Int {
        guard bytes.count >= part.count else { return 0 }
        return (0...(bytes.count - part.count)).count { bytes[$0..<($0 + part.count)].elementsEqual(part) }
    }

    /// The headers and the metadata of a destination, as a hand at the sqlite3 shell can write them.
    private static func readRow(_ bytes: [UInt8]) throws {
        let parts = FuzzInput.lines(3, of: bytes)
        let row = DestinationRow(name: "d", endpoint: "https://a.example/", headers: parts[0], metadata: parts[1])
        let claimed = ClaimedUpload.fuzzed(row, metadata: parts[2])
        let secrets = UploadPlan.Context(now: Date(timeIntervalSince1970: 1_800_000_000)) { _ in "secret-value" }
        let plan: UploadMachine.Plan
        do {
            plan = try UploadPlan.plan(claimed, capabilities: nil, secrets)
        } catch is UploadPlan.Failure {
            return
        }
        for field in plan.headers {
            try hold(HTTPField.isValidValue(field.value), "the header \(field.name) has the value \(field.value)")
        }
        let metadata = plan.metadata.encoded ?? ""
        try hold(metadata.utf8.allSatisfy { 0x20...0x7E ~= $0 }, "Upload-Metadata is not visible ASCII")
        _ = Timestamp.date(parts[2])
    }
}

extension ClaimedUpload {
    /// An upload of 1,000 bytes to a destination.
    static func fuzzed(_ destination: DestinationRow, metadata: String = "{}") -> ClaimedUpload {
        let row = UploadRow(
            id: 7,
            status: .processing,
            phase: destination.mints ? .mint : .create,
            sourcePath: "/a/é {x}.jpg",
            destination: destination.name,
            endpoint: destination.endpoint,
            uploadOffset: 0,
            uploadLength: 1_000,
            attempt: 0,
            metadata: metadata,
            completing: false,
            finalizeSent: 0,
            generation: 1,
            crashes: 0,
            restarts: 0,
            createdAt: "2026-11-22T15:13:24.000Z",
            priority: 0,
            batch: "",
            sourceSettled: false,
            spooled: false,
            tries: 0,
            sameError: 0
        )
        let claim = Claim(uploadID: row.id, workerID: 1, generation: 1)
        return ClaimedUpload(claim: claim, upload: row, destination: destination)
    }
}
