import Foundation
import Testing

@testable import Uploads

@Suite struct GrantTests {
    private static let url = "https://upload.example.org/upload/tus"

    static let good = [
        #"{"uploadUrl":"https://upload.example.org/upload/tus","uploadToken":"abc.def-_"}"#,
        #"{"uploadToken":"abc.def-_","other":{"a":[1]},"uploadUrl":"https:\/\/upload.example.org\/upload\/tus"}"#,
        " \n{ \"uploadUrl\" : \"https://upload.example.org/upload/tus\" , \"uploadToken\" : \"abc.def\\u002d_\" }\n",
    ]

    @Test(arguments: good) func readsTheHostsAnswer(_ text: String) throws {
        #expect(try Grant(response: text) == Grant(uploadURL: Self.url, uploadToken: "abc.def-_"))
    }

    static let bad = [
        "", "null", "[]", "{}", "not json", #"{"uploadUrl":"https://a/b"}"#, #"{"uploadToken":"a"}"#,
        #"{"uploadUrl":"https://a/b","uploadToken":""}"#, #"{"uploadUrl":"https://a/b","uploadToken":"a b"}"#,
        #"{"uploadUrl":"https://a/b","uploadToken":"a\nb"}"#, #"{"uploadUrl":"https://a/b","uploadToken":"ä"}"#,
        #"{"uploadUrl":"https://a/b","uploadToken":7}"#, #"{"uploadUrl":null,"uploadToken":"a"}"#,
        #"{"uploadUrl":"ftp://a/b","uploadToken":"a"}"#, #"{"uploadUrl":"a/b","uploadToken":"a"}"#,
        #"{"uploadUrl":"","uploadToken":"a"}"#,
        #"{"uploadUrl":"https://a/b","uploadToken":"\#(String(repeating: "a", count: 16385))"}"#,
        #"{"uploadUrl":"https://a/b","uploadToken":"a","x":"\#(String(repeating: "a", count: 1 << 20))"}"#,
    ]

    @Test(arguments: bad) func refusesAnythingElse(_ text: String) {
        let error = #expect(throws: UploadQueueError.self) { try Grant(response: text) }
        #expect(error?.code == .invalidGrant)
    }

    @Test func aLongTokenFits() async throws {
        let grant = try Grant(uploadURL: Self.url, uploadToken: String(repeating: "a", count: 16384))
        let folder = try TestFolder()
        let queue = try await UploadQueue.open(folder["queue.db"])
        try await queue.save(.wix())
        let upload = try await queue.add(.file(try folder.write("a.jpg", bytes: 1)), to: "wix", grant: grant)
        #expect(upload.status == .pending)
    }

    private static func token(_ claims: String) throws -> Grant {
        let payload = Data(claims.utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return try Grant(uploadURL: url, uploadToken: "e30.\(payload).c2ln")
    }

    @Test func tellsWhenAWebTokenExpires() throws {
        #expect(try Self.token(#"{"exp":1800000000}"#).expiresAt == Date(timeIntervalSince1970: 1_800_000_000))
        #expect(
            try Self.token(#"{"iat":1,"exp":1800000000.5,"x":"ü~~~?"}"#).expiresAt
                == Date(timeIntervalSince1970: 1_800_000_000.5)
        )
    }

    @Test(arguments: [
        #"{"exp":-1}"#, #"{"exp":1e300}"#, #"{"exp":253402300799}"#, #"{"exp":"soon"}"#, "{}", "no json", "",
    ])
    func anythingElseTellsNoTime(_ claims: String) throws {
        #expect(try Self.token(claims).expiresAt == nil)
    }

    @Test(arguments: ["abc", "a.b", "a.b.c", "..", "a.b.c.d"]) func anotherTokenTellsNoTime(_ token: String) throws {
        #expect(try Grant(uploadURL: Self.url, uploadToken: token).expiresAt == nil)
    }
}
