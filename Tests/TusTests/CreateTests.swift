import HTTPTypes
import Testing
import Tus

/// `UploadMachine+Create`: the `POST` and what comes of its answer.
@Suite struct CreateTests {
    private func created(_ location: String?, endpoint: String = "https://tus.example.org/files/") -> Action {
        var upload = Sample.upload()
        upload.endpoint = Sample.url(endpoint)
        var machine = UploadMachine(upload: upload, plan: .init())
        _ = machine.start()
        return machine.receive(Answer(status: 201, fields: location.map { [.location: $0] } ?? [:]))
    }

    @Test func requestIsEmptyAndComplete() throws {
        let metadata = try Metadata([.init(key: "filename", value: "a b.tif"), .init(key: "empty", value: "")])
        var machine = UploadMachine(upload: Sample.upload(length: 7), plan: .init(metadata: metadata))
        let request = try #require(machine.start().request)
        #expect(request.step == .create && request.method == .post && request.url == Sample.endpoint)
        #expect(request.body == .none)
        #expect(
            request.fields == [
                .tusResumable: "1.0.0", .uploadLength: "7", .uploadMetadata: "filename YSBiLnRpZg==,empty",
                .contentLength: "0",
            ]
        )
    }

    @Test func noMetadataMeansNoField() throws {
        var machine = UploadMachine(upload: Sample.upload(), plan: .init())
        let request = try #require(machine.start().request)
        #expect(!request.fields.contains(.uploadMetadata))
    }

    @Test(arguments: [
        ("https://tus.example.org/files/abc", "https://tus.example.org/files/abc"),
        ("abc", "https://tus.example.org/files/abc"),
        ("/other/abc?x=1", "https://tus.example.org/other/abc?x=1"),
        ("../abc", "https://tus.example.org/abc"),
        ("//cdn.example.net/abc", "https://cdn.example.net/abc"),
        ("https://cdn.example.net:8443/a%20b", "https://cdn.example.net:8443/a%20b"),
        // A row knows no other spelling of the scheme.
        ("HTTPS://cdn.example.net/abc", "https://cdn.example.net/abc"),
    ])
    func locationIsResolved(location: String, expected: String) {
        #expect(
            created(location) == .record(.created(uploadURL: Sample.url(expected), completing: true))
        )
    }

    @Test(arguments: [
        nil, "", "http://tus.example.org/files/abc", "ftp://tus.example.org/abc", "file:///etc/passwd", "data:,x",
        "https:///abc", "https://127.0.0.1:70000/abc", "https://cdn.example.net:0/abc",
        "https://cdn.example.net%0d%0aX:/abc", "/" + String(repeating: "a", count: 20_000),
    ])
    func badLocationIsMalformed(location: String?) {
        #expect(created(location).summary == "later malformed_answer")
    }

    @Test func plainHTTPMayStayPlainOrBecomeSecure() {
        for location in ["http://tus.example.org/files/abc", "https://tus.example.org/files/abc"] {
            #expect(created(location, endpoint: "http://tus.example.org/files/").summary == "created completing")
        }
    }

    @Test func locationIsRelativeToTheURLThatAnswered() {
        var machine = UploadMachine(upload: Sample.upload(), plan: .init())
        _ = machine.start()
        let redirected = machine.receive(Answer(status: 307, fields: [.location: "/v2/uploads/"]))
        #expect(redirected.request?.url == Sample.url("https://tus.example.org/v2/uploads/"))
        let action = machine.receive(.created(at: "abc"))
        let expected = Sample.url("https://tus.example.org/v2/uploads/abc")
        #expect(action == .record(.created(uploadURL: expected, completing: true)))
    }

    @Test func repeatedLocationIsMalformed() {
        var fields: HTTPFields = [.location: "a"]
        fields.append(HTTPField(name: .location, value: "b"))
        var machine = UploadMachine(upload: Sample.upload(), plan: .init())
        _ = machine.start()
        #expect(machine.receive(Answer(status: 201, fields: fields)).summary == "later malformed_answer")
    }

    @Test func emptyFileIsTransferredWhenItIsCreated() {
        var machine = UploadMachine(upload: Sample.upload(length: 0), plan: .init())
        #expect(machine.run([.created(at: "abc")]) == ["POST", "created", "transferred done", "stop"])
    }

    @Test func fileOverTheServersMaximumIsNotSent() {
        let capabilities = Capabilities(versions: ["1.0.0"], extensions: ["creation"], maximumSize: 99)
        var machine = UploadMachine(upload: Sample.upload(), plan: .init(capabilities: capabilities))
        #expect(machine.start().summary == "failed file_too_large")
        let enough = Capabilities(versions: ["1.0.0"], extensions: ["creation"], maximumSize: 100)
        var other = UploadMachine(upload: Sample.upload(), plan: .init(capabilities: enough))
        #expect(other.start().summary == "POST")
    }

    @Test(arguments: [
        ("termination", "failed creation_not_supported"), ("creation expiration", "POST"), ("", "POST"),
    ])
    func serverWithoutCreationIsNotAsked(extensions: String, expected: String) {
        let names = Set(extensions.split(separator: " ").map(String.init))
        let capabilities = Capabilities(versions: ["1.0.0"], extensions: names)
        var machine = UploadMachine(upload: Sample.upload(), plan: .init(capabilities: capabilities))
        #expect(machine.start().summary == expected)
    }

    @Test func endpointThatIsNoWebURLFails() {
        var upload = Sample.upload()
        upload.endpoint = Sample.url("ftp://example.org/")
        var machine = UploadMachine(upload: upload, plan: .init())
        #expect(machine.start().summary == "failed upload_invalid")
    }

    @Test(arguments: [Phase.mint, .done])
    func whatLacksItsPlanIsInvalid(phase: Phase) {
        var machine = UploadMachine(upload: Sample.upload(phase), plan: .init())
        #expect(machine.start().summary == "failed upload_invalid")
    }
}
