import Foundation
import HTTPTypes
import Testing
import Tus

@testable import Uploads

/// What a configuration may say, and how a mistake in it is told.
@Suite struct DestinationConfigurationTests {
    private static let request = #"{"url":"https://api.example.org/{config.a}"}"#

    @Test func aWholeOneIsRead() throws {
        let configuration = try DestinationConfiguration(
            json: #"""
                {"version":1,"values":{"a":"x","n":7},"secrets":{"key":"env:KEY"},
                "mint":{"request":{"method":"POST","url":"https://api.example.org/{config.a}",
                "headers":{"Authorization":"Bearer {secret.key}"},"body":{"size":"{file.size}","list":["{file.name}",1,true]}},
                "endpoint":"$.url","token":"$.token","expiresAfter":60,"perMinute":10},
                "metadata":{"token":"{mint.token}"},"chunk":{"preferred":10000000,"multipleOf":262144,"min":5242880},
                "finalize":{"request":{"method":"PUT","url":"{mint.endpoint}/{mint.token|percent}"},"file":"$.file",
                "fileID":"$.file.id"},
                "file":{"request":{"url":"https://api.example.org/{host.fileID}"},"status":"$.status","ready":["READY"]},
                "limits":{"empty":false,"maximumSize":1000}}
                """#
        )
        let steps = configuration.steps
        #expect(steps.values == ["a": "x", "n": "7"] && steps.secrets == ["key": "env:KEY"])
        #expect(steps.mint?.perMinute == 10 && steps.mint?.expiresAfter == 60)
        #expect(steps.chunk.exact == 9_961_472, "the largest multiple under what is preferred")
        #expect(!steps.takesEmptyFiles && steps.maximumSize == 1000)
        #expect(try DestinationConfiguration(json: configuration.json) == configuration)
    }

    @Test(arguments: [
        ("", "no JSON document"), ("[]", "$: it is no object"), ("{}", "$.version"), (#"{"version":2}"#, "$.version"),
        (#"{"version":1}"#, "$.endpoint: either endpoint or mint"),
        (#"{"version":1,"endpoint":"https://a/","surprise":1}"#, "$.surprise: this key is not known"),
        (#"{"version":1,"endpoint":7}"#, "$.endpoint: it is no text"),
        (#"{"version":1,"endpoint":"https://{config.b}/"}"#, "{config.b} stands for nothing here"),
        (#"{"version":1,"endpoint":"https://{config.a/"}"#, "$.endpoint: a { has no }"),
        (#"{"version":1,"endpoint":"https://a/","secrets":{"k":"hunter2"}}"#, "$.secrets.k: it is not env:NAME"),
        (#"{"version":1,"endpoint":"https://a/","metadata":{"k":"{mint.token}"}}"#, "{mint.token} stands for nothing"),
        (#"{"version":1,"endpoint":"https://a/","metadata":{"k":"{file.nam}"}}"#, "{file.nam} stands for nothing"),
        (#"{"version":1,"endpoint":"https://a/","chunk":{"min":3,"max":2}}"#, "$.chunk.min"),
        (#"{"version":1,"endpoint":"https://a/","chunk":{"min":5,"max":7,"multipleOf":4}}"#, "no multiple of 4"),
        (#"{"version":1,"endpoint":"https://a/","chunk":{"exact":5,"multipleOf":4}}"#, "no multiple of 4"),
        (#"{"version":1,"endpoint":"https://a/","chunk":{"exact":5,"preferred":5}}"#, "$.chunk.exact"),
        (#"{"version":1,"endpoint":"https://a/","chunk":{"max":0}}"#, "$.chunk.max: it is no number from 1"),
        (#"{"version":1,"mint":{}}"#, "$.mint.request: it is missing"),
        (#"{"version":1,"mint":{"request":{}}}"#, "$.mint.request.url: it is missing"),
        (#"{"version":1,"mint":{"request":{"url":"https://a/","method":"BREW"}}}"#, "$.mint.request.method"),
        (
            #"{"version":1,"mint":{"request":{"url":"https://a/","headers":{"B d":""}}}}"#,
            "headers.B d: this is not the name"
        ),
        (
            #"{"version":1,"mint":{"request":{"url":"https://a/"},"endpoint":"url","token":"$.t"}}"#,
            "$.mint.endpoint: it is neither a path"
        ),
        (
            #"{"version":1,"endpoint":"https://a/","finalize":{"request":{"url":"https://a/"},"file":"$.f"}}"#,
            "it needs a mint"
        ),
        (#"{"version":1,"endpoint":"https://a/","limits":{"empty":"no"}}"#, "$.limits.empty: it is neither"),
        (
            #"{"version":1,"headers":{"a":"b"},"mint":{"request":{"url":"https://a/"},"uploadURL":"$.u"}}"#,
            "$.headers: they go to the endpoint that is told here"
        ),
        (
            #"{"version":1,"create":{"values":{"a":"$.b"}},"mint":{"request":{"url":"https://a/"},"uploadURL":"$.u"}}"#,
            "$.create: an upload that exists is not created"
        ),
    ])
    func aMistakeIsToldWithItsPlace(json: String, words: String) {
        let error = #expect(throws: UploadQueueError.self) { try DestinationConfiguration(json: json) }
        #expect(error?.code == .invalidDestination)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("hunter2") == false)
    }

    /// What a host wants of each request: headers, signatures, forms, and rules for what it answers.
    @Test(arguments: [
        (#""values":{"bucket":null}"#, "$.values.bucket: it has no value yet"),
        (#""headers":{"Authorization":"Bearer hunter2"}"#, "$.headers.Authorization"),
        (#""headers":{"X-Name":"{secret.key}"}"#, "{secret.key} stands for nothing here"),
        (#""headers":{"Upload-Offset":"1"}"#, "$.headers.Upload-Offset"),
        (#""expiry":59"#, "$.expiry: it is no number from 60"),
        (#""create":{"values":{"id":"media-id"}}"#, "$.create.values.id: it is neither a path"),
        (#""create":{"value":{}}"#, "$.create.value: this key is not known; known are: values"),
        (
            #""metadata":{"id":"{host.id}"},"create":{"values":{"id":"header:X-Id"}}"#,
            "{host.id} stands for nothing here"
        ),
        (#""derived":{"s":{"md5":"x"}}"#, "$.derived.s.md5: this key is not known"),
        (#""derived":{"s":{"sha256":"x","json":{}}}"#, "$.derived.s: it is none of json"),
        (#""derived":{"s":{"hmacSHA384":"x"}}"#, "$.derived.s: it is none of json"),
        (#""derived":{"s":{"sha256":"{derived.s}"}}"#, "$.derived.s: {derived.s} stands for nothing here"),
        (#""derived":{"s":{"sha256":"{file.x}"}}"#, "{file.x} stands for nothing here"),
        (#""errors":{}"#, "$.errors: it is no list"),
        (#""errors":[{"steps":["finalize"],"status":400,"then":"fail"}]"#, "$.errors[0].steps: finalize is none of"),
        (
            #""errors":[{"steps":["create"],"status":200,"then":"fail"}]"#,
            "$.errors[0].status: it is no number from 300"
        ),
        (#""errors":[{"steps":["create"],"status":400,"then":"panic"}]"#, "$.errors[0].then: it is none of later"),
        (
            #""errors":[{"steps":["create"],"status":400,"path":"$.a","then":"fail"}]"#,
            "$.errors[0].path: path and value come together"
        ),
        (#""file":{"request":{"url":"https://a/"},"status":"$.s"}"#, "$.file.ready: it is missing"),
        (#""mint":{"request":{"url":"https://a/"}}"#, "$.mint.token: it is missing"),
        (
            #""values":{"api":"a.example"},"mint":{"request":{"url":"{config.api}/v"},"token":"$.t"}"#,
            "$.mint.request.url: it is not an http or https URL"
        ),
        (#""file":{"request":{"url":"ftp://a.example/{file.name}"}}"#, "$.file.request.url: it is not an http"),
        (#""file":{"request":{"url":"{file.name}"}}"#, "$.file.request.url: it is not an http"),
        (
            #""secrets":{"k":"env:K"},"mint":{"request":{"url":"https://a/"},"token":"$.t"},"file":{"request":"#
                + #"{"url":"{mint.token}","headers":{"X-Key":"{secret.k}"}}}"#,
            "$.file.request: a secret does not go where an answer points"
        ),
        (
            #""file":{"request":{"url":"https://a/"},"status":"$.s","ready":[]}"#,
            "$.file.ready: no state would be ready"
        ),
        (#""mint":{"request":{"url":"https://a/"},"token":"$"}"#, "$.mint.token: it is neither a path"),
        (
            #""mint":{"request":{"url":"https://a/"},"token":"$.t","values":{"id":"$"}}"#,
            "$.mint.values.id: it is neither a path"
        ),
        (#""file":{"request":{"url":"https://a/"},"size":"$"}"#, "$.file.size: it is no path"),
        (#""file":{"request":{"url":"https://a/"},"match":{"$":"x"}}"#, "$.file.match.$: it is no path"),
        (#""headers":{"X-Name":"provider:"}"#, "$.headers.X-Name: the header X-Name names no provider"),
        (
            #""file":{"request":{"url":"https://a/"},"absent":{"status":400,"path":"$.a"}}"#,
            "path and value come together"
        ),
        (#""file":{"request":{"url":"https://a/"},"failed":["x"]}"#, "$.file.failed: this key is not known"),
        (#""file":{"request":{"url":"https://a/"},"md5":"hash"}"#, "$.file.md5: it is no path"),
        (
            #""file":{"request":{"url":"https://a/"},"md5":"$.hash"}"#,
            "$.file.md5: it is compared when the file is ready"
        ),
        (#""file":{"request":{"url":"https://a/"},"match":{"id":"x"}}"#, "$.file.match.id: it is no path"),
        (#""file":{"request":{"url":"https://a/"},"match":{"$.id":"{file.x}"}}"#, "{file.x} stands for nothing here"),
        (#""file":{"request":{"url":"https://a/"},"absent":{"status":400}}"#, "$.file.absent.path: it is missing"),
        (#""metadata":{"my key":"x"}"#, "$.metadata.my key: The metadata key"),
        (#""mint":{"request":{"url":"https://a/","headers":{"Host":"b"}},"token":"$.t"}"#, "the queue's own to send"),
        (
            #""mint":{"request":{"url":"https://a/","headers":{"Content-Type":"b"},"body":{}},"token":"$.t"}"#,
            "the queue's own to send"
        ),
        (
            #""mint":{"request":{"url":"https://a/"},"token":"$.t"},"finalize":{"request":{"url":"https://a/{host.fileID}"},"#
                + #""file":"$.f","fileID":"$.f.id"}"#,
            "{host.fileID} stands for nothing here"
        ),
        (#""mint":{"request":{"url":"https://a/"},"uploadURL":"$.u"}"#, "$.endpoint: either endpoint or mint"),
        (#""mint":{"request":{"url":"https://a/","body":{},"form":{}},"token":"$.t"}"#, "$.mint.request.form"),
        (#""mint":{"request":{"url":"https://a/","form":{"a b":"x"}},"token":"$.t"}"#, "the name of a field has only"),
        (
            #""mint":{"request":{"url":"https://a/","headers":{"AccessKey":"hunter2"}},"token":"$.t"}"#,
            "write {secret.NAME}"
        ),
    ])
    func aMistakeInWhatAHostWantsIsToldWithItsPlace(members: String, words: String) {
        let json = #"{"version":1,"endpoint":"https://a.example/",\#(members)}"#
        let error = #expect(throws: UploadQueueError.self) { try DestinationConfiguration(json: json) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("hunter2") == false)
    }

    /// FIPS 180-4 and RFC 2104, by the figures of `sha256sum` and `openssl dgst -sha384 -hmac`.
    @Test func aTextIsDerivedOfOthers() throws {
        let node = try ConfigurationNode(
            try #require(
                JSONValue(
                    Array(
                        #"""
                        {"last":{"hmacSHA384":"{derived.document}","key":"{secret.key}"},"digest":{"sha256":"{config.a}bc"},
                        "document":{"json":{"b":["{config.a}",1],"a":"\""}}}
                        """#.utf8
                    )
                )
            )
        )
        var values = ["config.a": "a", "secret.key": "key"]
        try DerivedText.add(DerivedText.all(node), to: &values)
        #expect(values["derived.digest"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(values["derived.document"] == #"{"a":"\"","b":["a",1]}"#)
        #expect(
            values["derived.last"]
                == "fe3caac7824101fb1d841f92c5a75dfddc5bb56f12974e05"
                + "d08a4afb78fcca46ec3c6156474c25eed92d2b8d096984b5"
        )
    }

    @Test func aFormIsWhatItsFieldsAre() {
        let form = FormBody(["b": "two\r\n--upload-queue", "a": "ü"])
        #expect(form.contentType == "multipart/form-data; boundary=upload-queue-", "a boundary that no field has")
        let text = """
            --upload-queue-\r\nContent-Disposition: form-data; name="a"\r\n\r\nü\r\n\
            --upload-queue-\r\nContent-Disposition: form-data; name="b"\r\n\r\ntwo\r\n--upload-queue\r\n\
            --upload-queue---\r\n
            """
        #expect(String(decoding: form.bytes, as: UTF8.self) == text)
        let accented = FormBody(["a": "\r\n--upload-queue\u{301}"])
        #expect(accented.contentType == "multipart/form-data; boundary=upload-queue-", "a server looks for bytes")
    }

    @Test func whatWixIsToldIsInTheMint() throws {
        let options = WixOptions(
            parentFolderID: "{x}",
            filePath: "/a",
            isPrivate: true,
            labels: ["l"],
            origin: "o",
            externalIDs: ["1"],
            waitsUntilReady: true
        )
        let destination = try Destination.wix(owner: .account("A"), apiKey: "env:KEY", options: options)
        let mint = try #require(destination.configuration?.steps.mint)
        var values = ["config.api": Destination.wixAPI, "config.ownerID": "A", "secret.apiKey": "k"]
        values.merge(["file.name": "n", "file.type": "t", "file.size": "3"]) { $1 }
        let request = try mint.request.request(.mint, values)
        #expect(request.url.absoluteString == Destination.wixAPI + "/site-media/v1/files/generate-resumable-upload-url")
        #expect(request.fields[.authorization] == "k")
        #expect(request.fields.first { $0.name.canonicalName == "wix-account-id" }?.value == "A")
        guard case .bytes(let bytes) = request.body else {
            Issue.record("no body")
            return
        }
        #expect(
            JSONValue(bytes)
                == JSONValue(
                    Array(
                        #"""
                        {"mimeType":"t","fileName":"n","sizeInBytes":"3","uploadProtocol":"TUS","parentFolderId":"{x}",
                        "filePath":"/a","private":true,"labels":["l"],"externalInfo":{"origin":"o","externalIds":["1"]}}
                        """#.utf8
                    )
                )
        )
        #expect(destination.configuration?.steps.question?.waits == true)
    }

    @Test(arguments: ["", "hunter2", "env:"]) func aKeyThatIsNoReferenceIsRefused(apiKey: String) {
        let error = #expect(throws: UploadQueueError.self) { try Destination.wix(owner: .site("S"), apiKey: apiKey) }
        #expect(error?.code == .invalidDestination)
        #expect(error?.message.contains("hunter2") == false)
    }
}
