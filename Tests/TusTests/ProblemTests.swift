import HTTPTypes
import Testing
import Tus

/// What a problem tells, and what it must not tell.
@Suite struct ProblemTests {
    private func problem(_ answer: Answer, grant: Bool = true) throws -> Problem {
        var upload = Sample.upload(.transfer)
        upload.token = Sample.token
        let headers: HTTPFields = [.authorization: "Bearer very-secret-key"]
        var machine = UploadMachine(upload: upload, plan: .init(headers: headers, grant: grant))
        _ = machine.start()
        return try #require(machine.receive(answer).problem)
    }

    @Test func saysWhatHappenedAndWhatToDo() throws {
        let body = Array("  quota of\n\u{1B}[31mteam exceeded ".utf8)
        let problem = try problem(Answer(status: 403, body: body), grant: false)
        #expect(problem.code == "permission_refused")
        #expect(problem.message.contains("HEAD, HTTP 403: \"quota of [31mteam exceeded\""))
        #expect(problem.message.contains("resume the upload"))
    }

    @Test func readsTheMessageOfAJSONBody() throws {
        let problem = try problem(Answer(status: 415, body: Sample.wixError("SOME_CODE", message: "not this type")))
        #expect(problem.message.contains("HTTP 415 SOME_CODE: \"not this type\""))
        let description = #"{"message":"","details":{"applicationError":{"code":7,"description":"why"}}}"#
        let other = try self.problem(Answer(status: 415, body: Array(description.utf8)))
        #expect(other.message.contains("HTTP 415: \"why\""))
    }

    @Test(arguments: [
        ("INVALID_ARGUMENT", "\"INVALID_ARGUMENT; fileName is too long; labels is wrong\""),
        ("fileName is too long", "\"fileName is too long; labels is wrong\""), ("", "\"fileName is too long; labels"),
    ])
    func readsTheFieldsAtFault(message: String, words: String) throws {
        let body = #"""
            {"message":"\#(message)","details":{"validationError":{"fieldViolations":[
            {"field":"fileName","description":"is too long"},{"field":"labels"}]}}}
            """#
        let problem = try problem(Answer(status: 415, body: Array(body.utf8)))
        #expect(problem.message.contains("HTTP 415: \(words)"), "\(problem.message)")
    }

    @Test func keepsThreeHundredCharacters() throws {
        let problem = try problem(Answer(status: 500, body: Array(String(repeating: "é", count: 9_000).utf8)))
        #expect(problem.message.filter { $0 == "é" }.count == 300)
    }

    @Test func anyBytesAreText() throws {
        let problem = try problem(Answer(status: 500, body: [0xFF, 0xFE, 0x00, 0x41]))
        #expect(problem.message.contains("A"))
    }

    @Test(arguments: [
        Sample.token, "token=\(Sample.token)!", String(Sample.token.prefix(30)), "Bearer very-secret-key",
        "very-secret-key", "at https://tus.example.org/files/abc", "/files/abc",
    ])
    func secretsAreRedacted(text: String) throws {
        for body in [Array(text.utf8), Sample.wixError("X", message: text)] {
            let message = try problem(Answer(status: 500, body: body)).message
            #expect(message.contains("[redacted]"))
            for secret in ["eyJhbGci", "secret-key", "files/abc"] { #expect(!message.contains(secret)) }
        }
    }

    @Test func urlOfAPlainUploadIsNoSecret() throws {
        let problem = try problem(Answer(status: 500, body: Array("lock on /files/abc".utf8)), grant: false)
        #expect(problem.message.contains("lock on /files/abc"))
    }

    @Test func unsupportedVersionNamesTheServers() throws {
        let problem = try problem(Answer(status: 412, fields: [.tusVersion: "0.2.2,<b>2.0"]))
        #expect(problem.code == "version_not_supported" && problem.message.contains("tus 0.2.2,2.0"))
    }

    @Test func codesAreSnakeCaseAndExplained() throws {
        for code in Problem.Code.allCases {
            #expect(code.rawValue.utf8.allSatisfy { 0x61...0x7A ~= $0 || $0 == 0x5F }, "\(code)")
        }
    }

    @Test func pauseAndRetryAfterComeFromTheAnswer() {
        for (status, pauses) in [(429, true), (503, true), (500, false), (423, false)] {
            var machine = UploadMachine(upload: Sample.upload(.transfer), plan: .init())
            _ = machine.start()
            let action = machine.receive(Answer(status: status, fields: [.retryAfter: "120"]))
            guard case .record(.later(_, .seconds(120), pausesDestination: pauses)) = action else {
                Issue.record("\(status): \(action)")
                continue
            }
        }
    }
}
