import Crypto
import DevelopmentServer
import Foundation
import Testing

@Suite struct WixTests {
    private struct Minted: Decodable {
        let uploadProtocol: String
        let uploadUrl: String
        let uploadToken: String
    }

    private struct Finalized: Decodable {
        struct File: Decodable, Equatable {
            let id: String
            let displayName: String
            let url: String
            let parentFolderId: String
            let hash: String
            let sizeInBytes: String
            let `private`: Bool
            let mediaType: String
            let operationStatus: String
            let thumbnailUrl: String
            let labels: [String]
            let createdDate: String
            let updatedDate: String
        }

        let file: File
    }

    private struct Failed: Decodable {
        struct Details: Decodable {
            struct Application: Decodable {
                let code: String
                let description: String
            }

            struct Validation: Decodable {
                struct Violation: Decodable {
                    let field: String
                }

                let fieldViolations: [Violation]
            }

            let applicationError: Application?
            let validationError: Validation?
        }

        let message: String
        let details: Details
    }

    @Test func mintsTokens() async throws {
        try await withServer { server in
            let answer = try await Wire.send(
                "POST",
                server.mintURL,
                [("Authorization", "IST.secret"), ("wix-site-id", "site")],
                body: Array(#"{"mimeType":"image/png","fileName":"a.png"}"#.utf8)
            )
            #expect(answer.status == 200)
            let minted = try JSONDecoder().decode(Minted.self, from: Data(answer.body))
            #expect(minted.uploadProtocol == "TUS")
            #expect(minted.uploadUrl == server.origin + "/upload/tus")
            #expect(minted.uploadToken.count > 3000)
            #expect(minted.uploadToken.wholeMatch(of: /[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/) != nil)
            let lifetime = try Self.expiry(minted.uploadToken) - Date().timeIntervalSince1970
            #expect(abs(lifetime - 7 * 86_400) < 60)
            #expect(server.requests().last?.authorization == true)
        }
    }

    @Test(arguments: [
        (#"{"fileName":"a.png"}"#, "mimeType"), ("", "mimeType"), (#"{"mimeType":""}"#, "mimeType"),
        (#"{"mimeType":"image/png","fileName":"\#(String(repeating: "n", count: 201))"}"#, "fileName"),
    ])
    func refusesMalformedMints(body: String, field: String) async throws {
        try await withServer { server in
            let answer = try await Wire.send("POST", server.mintURL, body: Array(body.utf8))
            #expect(answer.status == 400)
            let failure = try JSONDecoder().decode(Failed.self, from: Data(answer.body))
            #expect(failure.details.validationError?.fieldViolations.map(\.field) == [field])
        }
    }

    @Test func finalizesOnce() async throws {
        try await withServer { server in
            let content = Wire.content(2_500_000)
            let grant = try await server.mintGrant(mimeType: "image/png", fileName: "mint name.png")
            let partial = try await Self.upload(Array(content[..<10]), grant, name: "a.png", length: content.count)
            #expect(partial.status == 204)

            let early = try await Self.finalize(grant, name: "a b+c.png")
            #expect(early.status == 400)
            let failure = try JSONDecoder().decode(Failed.self, from: Data(early.body))
            #expect(failure.details.applicationError?.code == "UPLOAD_NOT_COMPLETE")
            #expect(!failure.message.isEmpty)

            #expect(try await Self.upload(content, grant, name: "a.png").status == 204)
            let answer = try await Self.finalize(grant, name: "a b+c.png")
            #expect(answer.status == 200)
            let file = try JSONDecoder().decode(Finalized.self, from: Data(answer.body)).file
            #expect(file.id.wholeMatch(of: /[0-9a-f]{6}_[0-9a-f]{32}~mv2\.png/) != nil)
            #expect(file.displayName == "a b+c.png")
            #expect(file.sizeInBytes == "2500000")
            #expect(file.hash == Insecure.MD5.hash(data: content).map { Self.hexadecimal($0) }.joined())
            #expect(file.parentFolderId == "media-root")
            #expect(file.mediaType == "IMAGE")
            #expect(file.operationStatus == "READY")
            #expect(!file.private)
            #expect(file.labels.isEmpty)
            #expect(file.createdDate.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
            #expect(file.updatedDate == file.createdDate)
            #expect(try await Wire.send("GET", file.url).body == content)

            let again = try await Self.finalize(grant, name: "a b+c.png")
            #expect(again.status == 429)
            let refusal = try JSONDecoder().decode(Failed.self, from: Data(again.body))
            #expect(refusal.details.applicationError?.code == "UPLOAD_TOKEN_USED")

            let finalizes = server.requests().filter { $0.step == .finalize }
            #expect(finalizes.map(\.finalized) == [false, true, false])
            #expect(finalizes.map(\.status) == [400, 200, 429])

            let confirmed = try await Wire.send("GET", Self.fileURL(server, file.id))
            #expect(confirmed.status == 200)
            #expect(try JSONDecoder().decode(Finalized.self, from: Data(confirmed.body)).file == file)
            #expect(try await Wire.send("GET", Self.fileURL(server, "abc_def~mv2.png")).status == 404)
        }
    }

    @Test func finalizeNeedsAName() async throws {
        try await withServer { server in
            let named = try await server.mintGrant(mimeType: "video/mp4", fileName: "minted.mp4")
            #expect(try await Self.upload([1], named, name: "a.mp4").status == 204)
            let url = named.uploadURL + "/" + named.uploadToken
            let answer = try await Wire.send("PUT", url, body: Array("{}".utf8))
            let file = try JSONDecoder().decode(Finalized.self, from: Data(answer.body)).file
            #expect(file.displayName == "minted.mp4")
            #expect(file.mediaType == "VIDEO")

            let nameless = try await server.mintGrant(mimeType: "video/mp4")
            #expect(try await Self.upload([1], nameless, name: "a.mp4").status == 204)
            let bare = nameless.uploadURL + "/" + nameless.uploadToken
            #expect(try await Wire.send("PUT", bare, body: Array("{}".utf8)).status == 400)
            #expect(try await Wire.send("PUT", bare + "?filename=a", body: Array("[]".utf8)).status == 400)
            #expect(try await Wire.send("PUT", bare + "?filename=%FF", body: Array("{}".utf8)).status == 400)
            let spaced = try await Wire.send("PUT", bare + "?x=1&filename=a+b%2B%C3%A9.mp4", body: Array("{}".utf8))
            let spacedFile = try JSONDecoder().decode(Finalized.self, from: Data(spaced.body)).file
            #expect(spacedFile.displayName == "a b+\u{E9}.mp4")
        }
    }

    @Test func creationNeedsItsMetadata() async throws {
        try await withServer { server in
            let grant = try await server.mintGrant(mimeType: "image/png")
            let complete = Self.metadata(grant.uploadToken, name: "a.png")
            let incomplete = [
                complete.split(separator: ",").dropFirst().joined(separator: ","),
                complete.split(separator: ",").dropLast().joined(separator: ","),
                "filename YQ==,filetype YQ==,token YQ==",
            ]
            for metadata in incomplete {
                let answer = try await Self.create(server, [("Upload-Metadata", metadata)])
                #expect(answer.status == 400)
            }
            #expect(try await Self.create(server, []).status == 400)
            #expect(try await Self.create(server, [("Upload-Metadata", complete)]).status == 201)
        }
    }

    @Test func refusesTokens() async throws {
        try await withServer { server in
            let grant = try await server.mintGrant(mimeType: "image/png", fileName: "a.png")
            let forged = grant.uploadToken.dropLast() + (grant.uploadToken.hasSuffix("A") ? "B" : "A")
            for token in ["nonsense", "a.b.c", String(forged)] {
                let metadata = [("Upload-Metadata", Self.metadata(token, name: "a.png"))]
                #expect(try await Self.create(server, metadata).status == 401)
                let url = grant.uploadURL + "/" + token
                #expect(try await Wire.send("PUT", url, body: Array("{}".utf8)).status == 401)
            }
            #expect(try await Self.upload([1], grant, name: "a.png").status == 204)
            #expect(try await Self.finalize(grant, name: "a.png").status == 200)
            let metadata = [("Upload-Metadata", Self.metadata(grant.uploadToken, name: "a.png"))]
            #expect(try await Self.create(server, metadata).status == 429)
        }
        try await withServer(tokenLifetime: .zero) { server in
            let grant = try await server.mintGrant(mimeType: "image/png", fileName: "a.png")
            let metadata = [("Upload-Metadata", Self.metadata(grant.uploadToken, name: "a.png"))]
            #expect(try await Self.create(server, metadata).status == 410)
            #expect(try await Self.finalize(grant, name: "a.png").status == 410)
        }
    }

    @Test func refusesAuthorizationOnTheUploadURL() async throws {
        try await withServer { server in
            let grant = try await server.mintGrant(mimeType: "image/png", fileName: "a.png")
            let metadata = ("Upload-Metadata", Self.metadata(grant.uploadToken, name: "a.png"))
            let authorization = ("Authorization", "Bearer x")
            #expect(try await Self.create(server, [metadata, authorization]).status == 400)
            #expect(try await Self.upload([1], grant, name: "a.png").status == 204)
            let url = grant.uploadURL + "/" + grant.uploadToken
            #expect(try await Wire.send("PUT", url, [authorization], body: Array("{}".utf8)).status == 400)
            #expect(server.requests().filter(\.authorization).map(\.status) == [400, 400])
            #expect(try await Self.finalize(grant, name: "a.png").status == 200)
        }
    }

    @Test func uploadsOfTheTwoEndpointsAreApart() async throws {
        try await withServer { server in
            let url = try await Wire.create(server.endpoint, length: 1)
            let id = url.dropFirst(server.endpoint.count)
            #expect(try await Wire.head(server.origin + "/upload/tus/" + id).status == 404)
        }
    }

    // MARK: - Requests

    static func metadata(_ token: String, name: String) -> String {
        [("filename", name), ("contentType", "image/png"), ("token", token)]
            .map { "\($0) \(Data($1.utf8).base64EncodedString())" }
            .joined(separator: ",")
    }

    private static func create(_ server: RunningServer, _ headers: [(String, String)]) async throws -> Answer {
        try await Wire.send("POST", server.origin + "/upload/tus", [Wire.tus, ("Upload-Length", "1")] + headers)
    }

    /// Creates an upload with the grant and sends `content`; the answer to its PATCH.
    static func upload(
        _ content: [UInt8],
        _ grant: RunningServer.Grant,
        name: String,
        length: Int? = nil
    ) async throws -> Answer {
        let metadata = ("Upload-Metadata", metadata(grant.uploadToken, name: name))
        let url = try await Wire.create(grant.uploadURL, length: length ?? content.count, [metadata])
        return try await Wire.patch(url, at: 0, content)
    }

    static func finalize(_ grant: RunningServer.Grant, name: String) async throws -> Answer {
        let escaped = name.replacing("+", with: "%2B").replacing(" ", with: "%20")
        let url = "\(grant.uploadURL)/\(grant.uploadToken)?filename=\(escaped)"
        return try await Wire.send("PUT", url, [("Content-Type", "application/json")], body: Array("{}".utf8))
    }

    private static func fileURL(_ server: RunningServer, _ id: String) -> String {
        "\(server.wixURL)/site-media/v1/files/get-file-by-id?fileId=\(id.replacing("~", with: "%7E"))"
    }

    private static func expiry(_ token: String) throws -> Double {
        var base64 = token.split(separator: ".")[1].replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
        let json = try JSONSerialization.jsonObject(with: #require(Data(base64Encoded: String(base64))))
        return try #require((json as? [String: Any])?["exp"] as? Double)
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
