/// What Wix Media Manager is told of each file when its upload is minted (Wix: GenerateFileResumableUploadUrl).
public struct WixOptions: Sendable, Equatable {
    /// `parentFolderId`: the folder, nil for the topmost.
    public var parentFolderID: String?
    /// `filePath`: folders that are made where they are missing, such as `/scans/2026`; nil for none.
    public var filePath: String?
    /// `private`: whether the file's URL needs a permission; nil leaves it to the host (no).
    public var isPrivate: Bool?
    /// `labels`: at most 500.
    public var labels: [String]
    /// `externalInfo.origin`: only told again in the host's own events.
    public var origin: String?
    /// `externalInfo.externalIds`.
    public var externalIDs: [String]
    /// Whether an upload completes only when the host says that the file can be used; false by default.
    public var waitsUntilReady: Bool
    /// Whether the MD5 of the file is compared with `hash`, which the host tells once the file can be used; false by
    /// default, and waits until then.
    public var verifiesMD5: Bool

    /// Options; by default none.
    ///
    /// - Parameters:
    ///   - parentFolderID: The folder.
    ///   - filePath: Folders that are made where they are missing.
    ///   - isPrivate: Whether the file's URL needs a permission.
    ///   - labels: Labels.
    ///   - origin: Told again in the host's events.
    ///   - externalIDs: Told again in the host's events.
    ///   - waitsUntilReady: Whether to wait until the file can be used.
    ///   - verifiesMD5: Whether to wait so, and to compare the file's MD5 with the host's hash.
    public init(
        parentFolderID: String? = nil,
        filePath: String? = nil,
        isPrivate: Bool? = nil,
        labels: [String] = [],
        origin: String? = nil,
        externalIDs: [String] = [],
        waitsUntilReady: Bool = false,
        verifiesMD5: Bool = false
    ) {
        self.parentFolderID = parentFolderID
        self.filePath = filePath
        self.isPrivate = isPrivate
        self.labels = labels
        self.origin = origin
        self.externalIDs = externalIDs
        self.waitsUntilReady = waitsUntilReady
        self.verifiesMD5 = verifiesMD5
    }
}

extension Destination {
    /// Whose Media Manager, and so which header names it (Wix: API keys, "site-level and account-level calls").
    public enum WixOwner: Sendable, Equatable {
        /// A site, by its id (`wix-site-id`).
        case site(String)
        /// An account, by its id (`wix-account-id`).
        case account(String)
    }

    /// Where Wix's API is.
    public static let wixAPI = "https://www.wixapis.com"

    /// Wix Media Manager, from nothing but files: the queue mints a grant for each upload.
    ///
    /// - Parameters:
    ///   - name: The name, 1 to 2,048 characters.
    ///   - owner: Whose Media Manager.
    ///   - apiKey: Where the API key or an OAuth access token is: `env:NAME`, an environment variable of the worker, or
    ///     `provider:NAME`, one of ``UploadProcessor/Options/credentials``.
    ///   - options: What the host is told of each file.
    ///   - api: Where the API is; another one for a rehearsal.
    /// - Returns: The destination.
    /// - Throws: ``UploadQueueError`` `invalid_destination`.
    public static func wix(
        _ name: String = "wix",
        owner: WixOwner,
        apiKey: String,
        options: WixOptions = WixOptions(),
        api: String = wixAPI
    ) throws -> Destination {
        var api = try url(api)
        while api.hasSuffix("/") { api.removeLast() }
        let configuration = try DestinationConfiguration(wixDocument(owner, apiKey: apiKey, options, api: api))
        var destination = wix(name)
        destination.configuration = configuration
        return destination
    }

    private static func wixDocument(
        _ owner: WixOwner,
        apiKey: String,
        _ options: WixOptions,
        api: String
    ) -> JSONValue {
        let (header, id) =
            switch owner {
            case .site(let id): ("wix-site-id", id)
            case .account(let id): ("wix-account-id", id)
            }
        let headers = JSONValue.object(["Authorization": "{secret.apiKey}", header: "{config.ownerID}"])
        return .object([
            "version": .integer(1),
            "values": .object(["api": .string(api), "ownerID": .string(id)]),
            "secrets": .object(["apiKey": .string(apiKey)]),
            "mint": .object([
                "request": .object([
                    "method": "POST",
                    "url": "{config.api}/site-media/v1/files/generate-resumable-upload-url",
                    "headers": headers,
                    "body": .object(mintBody(options)),
                ]),
                "endpoint": "$.uploadUrl",
                "token": "$.uploadToken",
                "fileIDClaim": "path",
                // The callback inside the token was seen to live so long; the token itself a week.
                "expiresAfter": .integer(43_200),
                // Of the 200 that an app has; the rest is for polls, and for whatever else uses the key.
                "perMinute": .integer(120),
            ]),
            "metadata": .object(["filename": "{file.name}", "contentType": "{file.type}", "token": "{mint.token}"]),
            // The session behind it takes multiples of 256 KiB only.
            "chunk": .object(["preferred": .integer(8 << 20), "multipleOf": .integer(256 << 10)]),
            "finalize": .object([
                "request": .object([
                    "method": "PUT",
                    "url": "{mint.endpoint}/{mint.token|percent}?filename={file.name|percent}",
                    "body": .object([:]),
                ]),
                "file": "$.file",
                "fileID": "$.file.id",
            ]),
            "file": .object(fileQuestion(options, headers: headers)),
            "limits": .object(["empty": .bool(false)]),
        ])
    }

    private static func fileQuestion(_ options: WixOptions, headers: JSONValue) -> [String: JSONValue] {
        var question: [String: JSONValue] = [
            "request": .object([
                "url": "{config.api}/site-media/v1/files/get-file-by-id?fileId={host.fileID|percent}",
                "headers": headers,
            ]),
            "status": "$.file.operationStatus",
            "ready": .array(["READY"]),
            "failed": .array(["FAILED"]),
            "size": "$.file.sizeInBytes",
            "wait": .bool(options.waitsUntilReady || options.verifiesMD5),
        ]
        if options.verifiesMD5 { question["md5"] = "$.file.hash" }
        return question
    }

    private static func mintBody(_ options: WixOptions) -> [String: JSONValue] {
        var body: [String: JSONValue] = [
            "mimeType": "{file.type}", "fileName": "{file.name}", "sizeInBytes": "{file.size}", "uploadProtocol": "TUS",
        ]
        body["parentFolderId"] = options.parentFolderID.map { .string(Template.literal($0)) }
        body["filePath"] = options.filePath.map { .string(Template.literal($0)) }
        body["private"] = options.isPrivate.map { .bool($0) }
        if !options.labels.isEmpty { body["labels"] = .array(options.labels.map { .string(Template.literal($0)) }) }
        guard options.origin != nil || !options.externalIDs.isEmpty else { return body }
        var external: [String: JSONValue] = [
            "externalIds": .array(options.externalIDs.map { .string(Template.literal($0)) })
        ]
        external["origin"] = options.origin.map { .string(Template.literal($0)) }
        body["externalInfo"] = .object(external)
        return body
    }
}
