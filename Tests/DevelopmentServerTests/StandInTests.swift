import Crypto
import DevelopmentServer
import Foundation
import Testing

/// The hosts beside Wix: what each asks for, and what it refuses.
@Suite struct StandInTests {
    private static let bearer = ("Authorization", "Bearer rehearsal")

    private static func metadata(_ values: [String: String]) -> (String, String) {
        let pairs = values.sorted { $0.key < $1.key }
        return (
            "Upload-Metadata",
            pairs.map { "\($0.key) \(Data($0.value.utf8).base64EncodedString())" }.joined(separator: ",")
        )
    }

    private static func post(
        _ url: String,
        length: Int,
        _ headers: [(String, String)] = []
    ) async throws -> Answer {
        try await Wire.send("POST", url, [Wire.tus, ("Upload-Length", "\(length)")] + headers)
    }

    private static func patch(
        _ url: String,
        at offset: Int,
        _ count: Int,
        _ headers: [(String, String)] = []
    ) async throws -> Answer {
        let all = [Wire.tus, Wire.bytes, ("Upload-Offset", "\(offset)")] + headers
        return try await Wire.send("PATCH", url, all, body: [UInt8](repeating: 7, count: count))
    }

    private static func member(_ path: String..., of answer: Answer) throws -> String {
        var value = try JSONSerialization.jsonObject(with: Data(answer.body))
        for name in path { value = try #require((value as? [String: Any])?[name]) }
        return "\(value)"
    }

    // MARK: - Supabase Storage

    @Test func supabaseKeepsItsRules() async throws {
        try await withServer { server in
            let collection = server.origin + "/supabase/storage/v1/upload/resumable"
            let names = Self.metadata(["bucketName": "scans", "objectName": "2026/leaf 1.tif"])
            #expect(try await Self.post(collection, length: 1, [names]).status == 401)
            #expect(try await Self.post(collection, length: 1, [Self.bearer]).status == 400)
            let created = try await Self.post(collection, length: 7 << 20, [Self.bearer, names])
            let url = try #require(created.header("Location"))
            #expect(try await Self.patch(url, at: 0, 5 << 20, [Self.bearer]).status == 400, "not 6 MiB")
            #expect(try await Self.patch(url, at: 0, 6 << 20).status == 401)
            #expect(try await Self.patch(url, at: 0, 6 << 20, [Self.bearer]).status == 204)
            #expect(try await Wire.head(url).offset == "\(6 << 20)", "not authorized")
            let info = server.origin + "/supabase/storage/v1/object/info/scans/2026/leaf%201.tif"
            #expect(try await Wire.send("GET", info, [Self.bearer]).status == 400)
            #expect(try await Self.patch(url, at: 6 << 20, 1 << 20, [Self.bearer]).status == 204)
            #expect(try await Wire.head(url).status == 410)
            #expect(try await Wire.send("GET", info).status == 401)
            let found = try await Wire.send("GET", info, [Self.bearer])
            #expect(try Self.member("size", of: found) == "\(7 << 20)")
            #expect(try await Self.post(collection, length: 1, [Self.bearer, names]).status == 409, "it exists")
            let upsert = [Self.bearer, names, ("x-upsert", "true")]
            #expect(try await Self.post(collection, length: 1, upsert).status == 201)
        }
    }

    // MARK: - Cloudflare Stream

    @Test func cloudflareKeepsItsRules() async throws {
        try await withServer { server in
            let collection = server.origin + "/cloudflare/client/v4/accounts/abc/stream"
            #expect(try await Self.post(collection, length: 1).status == 401)
            let created = try await Self.post(collection, length: 6 << 20, [Self.bearer])
            let url = try #require(created.header("Location"))
            let id = try #require(created.header("stream-media-id"))
            #expect(url.contains("/media/") && !url.contains(id), "the id is not the one of the upload")
            for count in [1 << 20, (5 << 20) + 1] {
                #expect(try await Self.patch(url, at: 0, count, [Self.bearer]).status == 400, "\(count)")
            }
            #expect(try await Self.patch(url, at: 0, 5 << 20, [Self.bearer]).status == 204)
            let video = "\(collection)/\(id)"
            let pending = try await Wire.send("GET", video, [Self.bearer])
            #expect(try Self.member("result", "status", "state", of: pending) == "pendingupload")
            #expect(try await Self.patch(url, at: 5 << 20, 1 << 20, [Self.bearer]).status == 204)
            let ready = try await Wire.send("GET", video, [Self.bearer])
            #expect(try Self.member("result", "status", "state", of: ready) == "ready")
            #expect(try await Wire.send("GET", video + "0", [Self.bearer]).status == 404)
        }
    }

    // MARK: - Vimeo

    @Test func vimeoKeepsItsRules() async throws {
        try await withServer { server in
            let videos = server.origin + "/vimeo/me/videos"
            let key = ("Authorization", "bearer rehearsal")
            let accept = ("Accept", "application/vnd.vimeo.*+json;version=3.4")
            let body = Array(#"{"upload":{"approach":"tus","size":"3"}}"#.utf8)
            #expect(try await Wire.send("POST", videos, [accept], body: body).status == 401)
            #expect(try await Wire.send("POST", videos, [key], body: body).status == 400)
            for wrong in [
                "", #"{"upload":{"approach":"post","size":"3"}}"#, #"{"upload":{"approach":"tus","size":"0"}}"#,
            ] {
                #expect(try await Wire.send("POST", videos, [key, accept], body: Array(wrong.utf8)).status == 400)
            }
            let made = try await Wire.send("POST", videos, [key, accept], body: body)
            let link = try Self.member("upload", "upload_link", of: made)
            let uri = try Self.member("uri", of: made)
            #expect(try await Self.patch(link, at: 0, 3, [key]).status == 400, "the link authorizes")
            #expect(try await Self.post(link, length: 3).status == 405)
            #expect(try await Wire.head(link).offset == "0")
            let pending = try await Wire.send("GET", server.origin + "/vimeo" + uri, [key])
            #expect(try Self.member("transcode", "status", of: pending) == "in_progress")
            #expect(try await Self.patch(link, at: 0, 3).status == 204)
            let ready = try await Wire.send("GET", server.origin + "/vimeo" + uri, [key])
            #expect(try Self.member("transcode", "status", of: ready) == "complete")
        }
    }

    // MARK: - Bunny Stream

    @Test func bunnyKeepsItsRules() async throws {
        try await withServer { server in
            let videos = server.origin + "/bunny/library/9/videos"
            let key = ("AccessKey", "rehearsal")
            let title = Array(#"{"title":"a"}"#.utf8)
            #expect(try await Wire.send("POST", videos, [], body: title).status == 401)
            #expect(try await Wire.send("POST", videos, [key], body: Array("{}".utf8)).status == 400)
            let guid = try Self.member("guid", of: try await Wire.send("POST", videos, [key], body: title))
            let tomorrow = Int(Date().timeIntervalSince1970) + 86_400
            let names = Self.metadata(["filetype": "video/mp4", "title": "a"])
            let collection = server.origin + "/bunny/tusupload"
            for headers in [[], Self.signed(guid, tomorrow - 172_800), Self.signed(guid, tomorrow, key: "x")] {
                #expect(try await Self.post(collection, length: 3, headers + [names]).status == 401)
            }
            let headers = Self.signed(guid, tomorrow)
            #expect(try await Self.post(collection, length: 3, headers).status == 400)
            let stranger = Self.signed(String(guid.reversed()), tomorrow)
            #expect(try await Self.post(collection, length: 3, stranger + [names]).status == 404)
            let url = try #require(try await Self.post(collection, length: 3, headers + [names]).header("Location"))
            #expect(try await Self.patch(url, at: 0, 3).status == 401)
            let pending = try await Wire.send("GET", "\(videos)/\(guid)", [key])
            #expect(try Self.member("status", of: pending) == "0")
            #expect(try await Self.patch(url, at: 0, 3, headers).status == 204)
            let ready = try await Wire.send("GET", "\(videos)/\(guid)", [key])
            #expect(try Self.member("status", of: ready) == "4")
        }
    }

    private static func signed(_ guid: String, _ expires: Int, key: String = "rehearsal") -> [(String, String)] {
        let digest = SHA256.hash(data: Data("9\(key)\(expires)\(guid)".utf8))
        return [
            ("LibraryId", "9"), ("VideoId", guid), ("AuthorizationExpire", "\(expires)"),
            ("AuthorizationSignature", digest.map { String(format: "%02x", $0) }.joined()),
        ]
    }

    // MARK: - Transloadit

    @Test func transloaditKeepsItsRules() async throws {
        try await withServer { server in
            let assemblies = server.origin + "/transloadit/assemblies"
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            let soon = style.format(Date(timeIntervalSinceNow: 3600))
            let past = style.format(Date(timeIntervalSinceNow: -3600))
            for (expires, secret, files, status) in [
                (soon, "x", "1", 401), (past, "rehearsal", "1", 401), (soon, "rehearsal", "2", 400),
            ] {
                let form = Self.form(expires: expires, secret: secret, files: files)
                #expect(try await Wire.send("POST", assemblies, [form.type], body: form.body).status == status)
            }
            #expect(try await Wire.send("POST", assemblies, [], body: [1]).status == 400)
            let form = Self.form(expires: soon, secret: "rehearsal", files: "1")
            let made = try await Wire.send("POST", assemblies, [form.type], body: form.body)
            let assembly = try Self.member("assembly_ssl_url", of: made)
            let endpoint = try Self.member("tus_url", of: made)
            #expect(try await Self.post(endpoint, length: 3).status == 400)
            var names = ["assembly_url": assembly + "0", "filename": "a", "fieldname": "file"]
            #expect(try await Self.post(endpoint, length: 3, [Self.metadata(names)]).status == 404)
            names["assembly_url"] = assembly
            let created = try await Self.post(endpoint, length: 3, [Self.metadata(names)])
            let url = try #require(created.header("Location"))
            #expect(try Self.member("ok", of: try await Wire.send("GET", assembly)) == "ASSEMBLY_UPLOADING")
            #expect(try await Self.patch(url, at: 0, 3).status == 204)
            #expect(try Self.member("ok", of: try await Wire.send("GET", assembly)) == "ASSEMBLY_COMPLETED")
        }
    }

    private static func form(
        expires: String,
        secret: String,
        files: String
    ) -> (type: (String, String), body: [UInt8]) {
        let params = #"{"auth":{"expires":"\#(expires)","key":"k"},"template_id":"t"}"#
        let key = SymmetricKey(data: Data(secret.utf8))
        let code = HMAC<SHA384>.authenticationCode(for: Data(params.utf8), using: key)
        let signature = "sha384:" + code.map { String(format: "%02x", $0) }.joined()
        let fields = [("params", params), ("signature", signature), ("num_expected_upload_files", files)]
        let parts = fields.map { "--b\r\nContent-Disposition: form-data; name=\"\($0.0)\"\r\n\r\n\($0.1)\r\n" }
        return (("Content-Type", "multipart/form-data; boundary=b"), Array((parts.joined() + "--b--\r\n").utf8))
    }

    @Test func whatNoHostKnowsIsNotFound() async throws {
        try await withServer { server in
            for path in ["/vimeo", "/bunny/library/9", "/supabase/storage", "/transloadit/assemblies/x"] {
                let answer = try await Wire.send("GET", server.origin + path)
                #expect([401, 404].contains(answer.status), "\(path)")
            }
            let answer = try await Wire.send("POST", server.origin + "/vimeo/x", body: [])
            #expect(answer.status == 404)
        }
    }
}
