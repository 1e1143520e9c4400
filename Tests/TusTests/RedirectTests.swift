import HTTPTypes
import Testing
import Tus

/// Redirects and the origins that requests and custom headers go to (design.md §6, rule 11).
@Suite struct RedirectTests {
    private let headers: HTTPFields = [.authorization: "Bearer secret-key", .accept: "application/json"]

    private func redirect(_ location: String, status: Int = 307) -> Answer {
        Answer(status: status, fields: [.location: location])
    }

    @Test(arguments: [301, 302, 307, 308])
    func methodBodyAndFieldsStay(status: Int) throws {
        let plan = UploadMachine.Plan(headers: headers)
        var machine = UploadMachine(upload: Sample.upload(.transfer, completing: true), plan: plan)
        _ = machine.start()
        let before = try #require(machine.receive(.offset(0)).request)
        let after = try #require(machine.receive(redirect("/moved", status: status)).request)
        var expected = before
        expected.url = Sample.url("https://tus.example.org/moved")
        #expect(after == expected)
    }

    @Test(arguments: [
        "https://other.example.org/files/", "http://tus.example.org/files/", "https://tus.example.org:8443/files/",
        "", "mailto:a@example.org", "//other.example.org/",
    ])
    func otherOriginsAreRefused(location: String) {
        var machine = UploadMachine(upload: Sample.upload(), plan: .init())
        #expect(machine.run([redirect(location)]) == ["POST", "failed redirect_refused", "stop"])
        let plan = UploadMachine.Plan(finalize: .wix(filename: "a"))
        var finalize = UploadMachine(upload: Sample.upload(.finalize), plan: plan)
        #expect(finalize.run([redirect(location)])[2] == "failed finalize_outcome_unknown")
        var delete = UploadMachine(upload: Sample.cancelled(), plan: .init())
        #expect(delete.run([redirect(location)]) == ["DELETE", "deleted not_deleted", "stop"])
    }

    @Test func sameOriginIsSeenThroughSpelling() {
        var machine = UploadMachine(upload: Sample.upload(), plan: .init())
        #expect(machine.run([redirect("HTTPS://TUS.Example.ORG:443/x")]) == ["POST", "POST"])
    }

    @Test func fiveInARowAreFollowed() {
        let loop = Array(repeating: redirect("/files/"), count: 6)
        var machine = UploadMachine(upload: Sample.upload(), plan: .init())
        #expect(machine.run(loop) == Array(repeating: "POST", count: 6) + ["failed redirect_refused", "stop"])
        var resumed = UploadMachine(upload: Sample.upload(.transfer), plan: .init())
        let actions = resumed.run(loop.prefix(5) + [.offset(0)] + loop.prefix(5) + [.offset(100)])
        #expect(actions.suffix(2) == ["transferred done", "stop"])
    }

    @Test func uploadURLIsKeptWhenARequestIsRedirected() {
        var machine = UploadMachine(upload: Sample.upload(.transfer), plan: .init())
        _ = machine.run([redirect("/moved"), .offset(0)])
        #expect(machine.upload.uploadURL == Sample.uploadURL)
    }

    @Test(arguments: [
        ("https://tus.example.org/files/abc", true), ("https://TUS.example.org:443/files/abc", true),
        ("https://cdn.example.org/abc", false), ("http://tus.example.org/files/abc", false),
        ("https://tus.example.org:444/files/abc", false), ("https://tus.example.org.evil.test/abc", false),
        ("https://tus.example.org@evil.test/abc", false),
    ])
    func customHeadersGoToTheEndpointsOriginOnly(url: String, expected: Bool) throws {
        for cancelling in [false, true] {
            var upload = Sample.upload(.transfer, completing: true)
            upload.uploadURL = Sample.url(url)
            upload.cancelling = cancelling
            var machine = UploadMachine(upload: upload, plan: .init(headers: headers))
            var requests = [try #require(machine.start().request)]
            if !cancelling { requests.append(try #require(machine.receive(.offset(0)).request)) }
            for request in requests {
                #expect(request.fields.contains(.authorization) == expected)
                #expect(request.fields.contains(.accept) == expected)
                #expect(request.fields[.tusResumable] == "1.0.0")
            }
        }
    }

    @Test func customHeadersDoNotReplaceTheProtocols() throws {
        var custom = headers
        let names = [
            "tus-resumable", "Upload-Offset", "upload-length", "UPLOAD-METADATA", "Upload-Anything", "Content-Type",
            "Content-Length", "Host", "Transfer-Encoding",
        ]
        for name in names { custom.append(HTTPField(name: try #require(HTTPField.Name(name)), value: "bad")) }
        var machine = UploadMachine(upload: Sample.upload(), plan: .init(headers: custom))
        let post = try #require(machine.start().request)
        var expected = headers
        expected[.tusResumable] = "1.0.0"
        expected[.uploadLength] = "100"
        expected[.contentLength] = "0"
        #expect(post.fields == expected)
        let options = Capabilities.request(endpoint: Sample.endpoint, headers: custom)
        #expect(options.fields == headers)
    }
}
