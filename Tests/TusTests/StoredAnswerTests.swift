import Testing
import Tus

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The answer to a finalize outlives the grant, which it may repeat.
@Suite struct StoredAnswerTests {
    private static let path = "/files/24e533e02ec3bc40c387f1a0e460e216"
    private static let url = "https://tus.example.org\(path)"

    private static func stored(_ body: String, grant: Bool = true, id: String? = nil) throws -> String {
        let wix = Finalize.wix(filename: "a")
        let finalize = Finalize(fileID: { _ in id }, request: { wix.request(endpoint: $0, token: $1) })
        var upload = Sample.upload(.finalize, offset: 100)
        upload.uploadURL = Sample.url(url)
        var machine = UploadMachine(upload: upload, plan: .init(finalize: finalize, grant: grant))
        _ = machine.start()
        _ = machine.recorded()
        guard case .record(.finalized(let response, _)) = machine.receive(Answer(status: 200, body: Array(body.utf8)))
        else {
            Issue.record("not finalized")
            return ""
        }
        struct Anything: Decodable {}
        _ = try JSONDecoder().decode(Anything.self, from: Data(response.utf8))
        return response
    }

    @Test(arguments: [
        (#"{"file":{"id":"x"},"t":"\#(Sample.token)"}"#, #"{"file":{"id":"x"},"t":"[redacted]"}"#),
        (#"{"file":{"tus":"\#(url)?a=\"1\""}}"#, #"{"file":{"tus":"[redacted]?a=\"1\""}}"#),
        (#"{ "file":{"tus" : "\#(path)"}}"#, #"{ "file":{"tus" : "[redacted]"}}"#),
        (
            #"{"file":{"tus":"http:\/\/tus.internal\#(path.replacing("/", with: #"\/"#))"}}"#,
            #""http:\/\/tus.internal[redacted]""#
        ),
        (#"{"file":{},"\#(Sample.token)":[1,"\\"]}"#, #"{"file":{},"[redacted]":[1,"\\"]}"#),
        (#"{"file":{"t":"\u0065\#(Sample.token.dropFirst())"}}"#, #"{"file":{"t":"[redacted]"}}"#),
    ])
    func whatItRepeatsOfTheGrantIsTakenOut(body: String, words: String) throws {
        let stored = try Self.stored(body)
        #expect(stored.contains(words), "\(stored)")
    }

    /// As it came, with its spaces and escapes: programs read their file's id and URL in it.
    @Test(arguments: [
        #"{"file": {"id": "24e533e02ec3bc40c387f1a0e460e216", "url": "https:\/\/cdn.example.org\#(path).jpg"}}"#,
        #"{"file":{"name":"\u00e9\n\"","size":1e3},"other":null}"#,
    ])
    func theRestStaysAsItCame(body: String) throws {
        #expect(try Self.stored(body) == body)
    }

    /// Later requests need it, and it is no secret then.
    @Test func whatTheHostCallsItsFileStays() throws {
        let body = #"{"file":{"id":"f/\#(Sample.token)"}}"#
        #expect(try Self.stored(body, id: "f/\(Sample.token)") == body)
    }

    @Test func withoutAGrantThereIsNothingToTakeOut() throws {
        let body = #"{"file":{"tus":"\#(Self.url)"}}"#
        #expect(try Self.stored(body, grant: false) == body)
    }
}
