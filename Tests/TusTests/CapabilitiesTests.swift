import HTTPTypes
import Testing
import Tus

@Suite struct CapabilitiesTests {
    @Test func readsAnAnswer() {
        let answer = Answer(
            status: 204,
            fields: [
                .tusVersion: "1.0.0, 0.2.2", .tusExtension: "creation,Termination , checksum",
                .tusMaxSize: "1073741824",
            ]
        )
        #expect(
            Capabilities(answer)
                == Capabilities(
                    versions: ["1.0.0", "0.2.2"],
                    extensions: ["creation", "termination", "checksum"],
                    maximumSize: 1_073_741_824
                )
        )
    }

    @Test func aCommaBeforeACombiningMarkSeparates() throws {
        let answer = Answer(status: 204, fields: [.tusVersion: "1.0.0,\u{301}0.2.2"])
        #expect(try #require(Capabilities(answer)).versions == ["1.0.0", "\u{301}0.2.2"])
    }

    @Test func noListOfExtensionsSaysNothing() throws {
        let capabilities = try #require(Capabilities(Answer(status: 200, fields: [.tusVersion: "1.0.0"])))
        #expect(capabilities.extensions.isEmpty && capabilities.maximumSize == nil)
        #expect(!capabilities.lacks("creation"))
        #expect(Capabilities(versions: ["1.0.0"], extensions: ["creation"]).lacks("termination"))
        #expect(!Capabilities(versions: ["1.0.0"], extensions: ["creation"]).lacks("creation"))
    }

    @Test(arguments: [
        Answer(status: 404, fields: [.tusVersion: "1.0.0"]), Answer(status: 204), Answer(status: 500),
        Answer(status: 200, fields: [.tusVersion: " , "]), Answer(status: 301, fields: [.tusVersion: "1.0.0"]),
    ])
    func otherAnswersAreUnknown(answer: Answer) {
        #expect(Capabilities(answer) == nil)
    }

    @Test(arguments: ["-1", "big", "", "99999999999999999999"])
    func sizeThatMakesNoSenseIsIgnored(size: String) throws {
        let answer = Answer(status: 204, fields: [.tusVersion: "1.0.0", .tusMaxSize: size])
        #expect(try #require(Capabilities(answer)).maximumSize == nil)
    }

    @Test func requestHasNoProtocolVersion() {
        let request = Capabilities.request(endpoint: Sample.endpoint, headers: [.authorization: "Bearer key"])
        #expect(request.step == .capabilities && request.method == .options && request.url == Sample.endpoint)
        #expect(request.fields == [.authorization: "Bearer key"] && request.body == .none)
    }
}
