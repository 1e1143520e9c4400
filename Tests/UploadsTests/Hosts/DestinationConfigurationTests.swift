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
        #expect(steps.values == ["a": "x", "n": "7"] && steps.secrets == ["key": "KEY"])
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
            "$.mint.endpoint: it is no path"
        ),
        (
            #"{"version":1,"endpoint":"https://a/","finalize":{"request":{"url":"https://a/"},"file":"$.f"}}"#,
            "it needs a mint"
        ),
        (#"{"version":1,"endpoint":"https://a/","limits":{"empty":"no"}}"#, "$.limits.empty: it is neither"),
    ])
    func aMistakeIsToldWithItsPlace(json: String, words: String) {
        let error = #expect(throws: UploadQueueError.self) { try DestinationConfiguration(json: json) }
        #expect(error?.code == .invalidDestination)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("hunter2") == false)
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
