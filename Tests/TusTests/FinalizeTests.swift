import HTTPTypes
import Testing
import Tus

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `UploadMachine+Finalize` and `Finalize`: at most twice, and known or unknown.
@Suite struct FinalizeTests {
    private let plan = UploadMachine.Plan(headers: [.authorization: "Bearer key"], finalize: .wix(filename: "a.jpg"))
    private let file = Answer(status: 200, body: Array(#"{"file":{"id":"x~mv2.jpeg"}}"#.utf8))

    private func machine(sent: Int) -> UploadMachine {
        UploadMachine(upload: Sample.upload(.finalize, offset: 100, finalizeSent: sent), plan: plan)
    }

    @Test func followsTheLastByte() {
        var upload = Sample.upload(.transfer, offset: 100, completing: true)
        upload.token = Sample.token
        var machine = UploadMachine(upload: upload, plan: plan)
        #expect(
            machine.run([.offset(100), file]) == [
                "HEAD", "transferred finalize", "finalizeSent", "PUT", "finalized", "stop",
            ]
        )
    }

    @Test func responseIsTheBody() {
        var machine = machine(sent: 0)
        _ = machine.start()
        _ = machine.recorded()
        #expect(machine.receive(file) == .record(.finalized(response: #"{"file":{"id":"x~mv2.jpeg"}}"#, next: .done)))
    }

    @Test func requestCarriesNothingOfTheDestination() throws {
        var upload = Sample.upload(.finalize, offset: 100)
        upload.endpoint = Sample.url("https://upload.wixmp.com/upload/tus/")
        upload.token = "to/k~n"
        var machine = UploadMachine(upload: upload, plan: plan)
        #expect(machine.start() == .record(.finalizeSent))
        let request = try #require(machine.recorded().request)
        #expect(request.step == .finalize && request.method == .put)
        #expect(request.url.absoluteString == "https://upload.wixmp.com/upload/tus/to%2Fk~n?filename=a.jpg")
        #expect(request.fields == [.contentType: "application/json", .contentLength: "2"])
        #expect(request.body == .bytes(Array("{}".utf8)))
    }

    @Test(arguments: [
        ("a+b&c.jpg", "a%2Bb%26c.jpg"), ("a b", "a%20b"), ("é", "%C3%A9"), ("e\u{301}", "e%CC%81"),
        ("😀", "%F0%9F%98%80"), ("a/b", "a%2Fb"), ("?#%=;", "%3F%23%25%3D%3B"), ("A-z_0.9~", "A-z_0.9~"), ("", ""),
    ])
    func filenameIsEncoded(name: String, encoded: String) {
        let request = Finalize.wix(filename: name).request(endpoint: Sample.url("https://a.test/tus"), token: "t")
        #expect(request?.url.absoluteString == "https://a.test/tus/t?filename=\(encoded)")
    }

    @Test func queryOfTheEndpointStays() {
        let endpoint = Sample.url("https://a.test/t%20us/?sig=a%2Fb#frag")
        let request = Finalize.wix(filename: "n").request(endpoint: endpoint, token: "t")
        #expect(request?.url.absoluteString == "https://a.test/t%20us/t?sig=a%2Fb&filename=n")
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "1", #"{"file":null}"#, #"{"file":[]}"#, #"{"file":"x"}"#, #"{"file":{}"#,
        #"[{"file":{}}]"#, "<html>",
    ])
    func answerWithoutAFileIsUnknown(body: String) {
        var machine = machine(sent: 0)
        let actions = machine.run([Answer(status: 200, body: Array(body.utf8))])
        #expect(actions == ["finalizeSent", "PUT", "failed finalize_outcome_unknown", "stop"])
    }

    @Test(arguments: [429, 500, 503, 504])
    func firstOneIsRepeatedLater(status: Int) {
        var machine = machine(sent: 0)
        #expect(machine.run([Answer(status: status)]) == ["finalizeSent", "PUT", "later server_error", "stop"])
        #expect(machine.upload.finalizeSent == 1)
    }

    @Test(arguments: [401, 408, 429, 500, 503, 504])
    func secondOneIsTheLast(status: Int) {
        var machine = machine(sent: 1)
        let actions = machine.run([Answer(status: status)])
        #expect(actions == ["finalizeSent", "PUT", "failed finalize_outcome_unknown", "stop"])
    }

    @Test func secondOneMaySucceed() {
        var machine = machine(sent: 1)
        #expect(machine.run([file]) == ["finalizeSent", "PUT", "finalized", "stop"])
    }

    @Test func secondOneWithoutAnswerIsUnknown() {
        var machine = machine(sent: 1)
        _ = machine.start()
        _ = machine.recorded()
        let action = machine.receive(RequestFailure(code: "timeout", message: "No answer in 60 s"))
        #expect(action.summary == "failed finalize_outcome_unknown")
        #expect(action.problem?.message.contains("No answer in 60 s") == true)
    }

    @Test(arguments: [2, 3])
    func thereIsNoThirdOne(sent: Int) {
        var machine = machine(sent: sent)
        #expect(machine.run([]) == ["failed finalize_outcome_unknown", "stop"])
    }

    /// A key that expired says nothing of the grant: every byte stays where it is, and the finalize was none.
    @Test(arguments: [
        (false, 0, "denied parked credentials_refused"), (true, 0, "denied later credentials_refused"),
        (true, 1, "denied parked credentials_refused"),
    ])
    func aKeyThatIsRefusedIsRenewed(renews: Bool, attempt: Int, end: String) {
        for (sent, probe) in [(0, nil), (0, Sample.question(.probe)), (1, nil)] {
            let plan = UploadMachine.Plan(
                renews: renews ? [.finalize] : [],
                finalize: Sample.keyedFinalize,
                probe: probe,
                grant: true
            )
            var upload = Sample.upload(.finalize, offset: 100, finalizeSent: sent, attempt: attempt)
            upload.lastErrorCode = attempt > 0 ? "credentials_refused" : nil
            var machine = UploadMachine(upload: upload, plan: plan)
            #expect(machine.run([Answer(status: 401)]) == ["finalizeSent", "PUT", end, "stop"])
            #expect(machine.upload.finalizeSent == sent)
        }
    }

    @Test func retryAfterIsHandedOn() {
        var machine = machine(sent: 0)
        _ = machine.start()
        _ = machine.recorded()
        let action = machine.receive(Answer(status: 503, fields: [.retryAfter: "7"]))
        guard case .record(.later(_, let retryAfter, let pauses)) = action else {
            Issue.record("\(action)")
            return
        }
        #expect(retryAfter == .seconds(7) && !pauses)
    }
}
