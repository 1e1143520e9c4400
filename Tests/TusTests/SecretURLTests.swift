import HTTPTypes
import Testing
import Tus

/// A server that repeats a part of the URL that a grant brought, in words of its own.
@Suite struct SecretURLTests {
    private static let id = "24e533e02ec3bc40c387f1a0e460e216"
    private static let url = "https://tus.example.org/files/2/\(id)?sig=sigSECRET%2F0123456&exp=7"
    private static let token = "tokSECRET0123456789abcdefghijkl"

    private func message(_ answer: Answer, phase: Phase = .transfer, grant: Bool = true) -> String {
        var upload = Sample.upload(phase)
        upload.token = Self.token
        if phase == .transfer { upload.uploadURL = Sample.url(Self.url) }
        var machine = UploadMachine(upload: upload, plan: .init(grant: grant))
        _ = machine.start()
        return machine.receive(answer).problem?.message ?? ""
    }

    @Test(arguments: [
        #"{"message":"upload \#(id) is not there"}"#, #"{"error":"https:\/\/tus.example.org\/files\/2\/\#(id)?sig=x"}"#,
        "signature sigSECRET%2F0123456 does not match", "signature sigSECRET/0123456 does not match",
        "no \(id.dropFirst(9).prefix(15))…", "token …\(token.dropFirst(11)) is spent",
        #"{"token":"\#(token.prefix(20))"}"#,
    ])
    func anyPartOfItIsRedacted(body: String) {
        let message = message(Answer(status: 500, body: Array(body.utf8)))
        #expect(message.contains("[redacted]"), "\(message)")
        let parts = ["24e533", "ec3bc40c", "SECRET", "0123456", "efghijkl"]
        for part in parts { #expect(!message.contains(part), "\(message)") }
    }

    /// What does not tell the URL stays readable.
    @Test(arguments: ["files are locked at tus.example.org", "exp=7 is over", "https://tus.example.org/ is busy"])
    func otherWordsStay(body: String) {
        #expect(message(Answer(status: 500, body: Array(body.utf8))).contains(body))
    }

    @Test func aShortNameWithADigitIsOneOfAnUpload() {
        var upload = Sample.upload(.transfer)
        upload.uploadURL = Sample.url("https://tus.example.org/uploads/a1b2c3d4")
        var machine = UploadMachine(upload: upload, plan: .init(grant: true))
        _ = machine.start()
        let message = machine.receive(Answer(status: 500, body: Array("no a1b2c3d4 in uploads".utf8))).problem?.message
        #expect(message?.contains("no [redacted] in uploads") == true)
    }

    /// Where a redirect leads may be signed, and nobody here knows that secret.
    @Test(arguments: [307, 302, 303, 304])
    func aRedirectIsNotQuoted(status: Int) {
        let target = "https://store.example.net/x?X-Amz-Signature=0123456789abcdef"
        let answer = Answer(status: status, fields: [.location: target], body: Array("Redirecting to \(target)".utf8))
        for message in [message(answer), message(answer, grant: false)] {
            #expect(message.contains("HTTP \(status)") && !message.contains("Signature"), "\(message)")
        }
    }

    @Test func aCreationThatBringsASecretURLIsNotQuoted() {
        let answer = Answer(status: 201, body: Array(#"{"url":"\#(Self.url)"}"#.utf8))
        #expect(!message(answer, phase: .create).contains("24e533"))
        #expect(message(answer, phase: .create, grant: false).contains("24e533"))
    }
}
