/// A file in Wix Media Manager, as the finalize request answers it (Wix: FileDescriptor).
///
/// Every field is optional, and a value of an unexpected type is left out: the host may change what it sends. Fields
/// that are not known here are in ``other``, unknown values of an enumeration keep their text.
public struct WixFile: Sendable, Equatable {
    /// What kind of media the file is.
    public struct MediaType: Sendable, Hashable, RawRepresentable {
        /// The text of the host.
        public var rawValue: String

        /// A type by the host's text.
        ///
        /// - Parameter rawValue: The text.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// `UNKNOWN`.
        public static let unknown = MediaType(rawValue: "UNKNOWN")
        /// `IMAGE`.
        public static let image = MediaType(rawValue: "IMAGE")
        /// `VIDEO`.
        public static let video = MediaType(rawValue: "VIDEO")
        /// `AUDIO`.
        public static let audio = MediaType(rawValue: "AUDIO")
        /// `DOCUMENT`.
        public static let document = MediaType(rawValue: "DOCUMENT")
        /// `VECTOR`.
        public static let vector = MediaType(rawValue: "VECTOR")
        /// `ARCHIVE`.
        public static let archive = MediaType(rawValue: "ARCHIVE")
        /// `MODEL3D`.
        public static let model3D = MediaType(rawValue: "MODEL3D")
        /// `OTHER`.
        public static let other = MediaType(rawValue: "OTHER")
    }

    /// Whether the file can be used.
    public struct OperationStatus: Sendable, Hashable, RawRepresentable {
        /// The text of the host.
        public var rawValue: String

        /// A status by the host's text.
        ///
        /// - Parameter rawValue: The text.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// `PENDING`: it is being processed, and its URLs may not work yet.
        public static let pending = OperationStatus(rawValue: "PENDING")
        /// `READY`.
        public static let ready = OperationStatus(rawValue: "READY")
        /// `FAILED`: processing failed.
        public static let failed = OperationStatus(rawValue: "FAILED")
    }

    /// `id`: the name of the file in every other request.
    public var id: String?
    /// `displayName`: the name shown in the Media Manager.
    public var displayName: String?
    /// `url`: the file's static URL.
    public var url: String?
    /// `parentFolderId`: the folder, `media-root` for the topmost.
    public var parentFolderID: String?
    /// `hash`: the host's hash of the file; empty while it is pending.
    public var hash: String?
    /// `sizeInBytes`, which the host sends as text; nil also for the `-1` of a pending file.
    public var sizeInBytes: Int64?
    /// `private`: whether the URL needs a permission.
    public var isPrivate: Bool?
    /// `mediaType`.
    public var mediaType: MediaType?
    /// `media`: details that depend on the type.
    public var media: JSONValue?
    /// `operationStatus`.
    public var operationStatus: OperationStatus?
    /// `sourceUrl`: where an imported file came from.
    public var sourceURL: String?
    /// `thumbnailUrl`.
    public var thumbnailURL: String?
    /// `labels`.
    public var labels: [String]?
    /// `createdDate`, RFC 3339.
    public var createdDate: String?
    /// `updatedDate`, RFC 3339.
    public var updatedDate: String?
    /// `siteId`.
    public var siteID: String?
    /// `state`: `OK` or `DELETED`.
    public var state: String?
    /// `internalTags`.
    public var internalTags: [String]?
    /// Every other field, and those of an unexpected type.
    public var other: [String: JSONValue] = [:]

    /// Reads the answer to finalize, which ``Upload/response`` holds.
    ///
    /// - Parameter response: JSON text: an object with the field `file`.
    /// - Throws: ``UploadQueueError`` `invalid_metadata` when it is not one.
    public init(response: String) throws {
        guard case .object(let answer)? = JSONValue(Array(response.utf8)), case .object(let file)? = answer["file"]
        else {
            throw UploadQueueError(.invalidMetadata, "the answer holds no file descriptor")
        }
        self.init(file)
    }

    private init(_ fields: [String: JSONValue]) {
        var fields = fields
        id = Self.text("id", &fields)
        displayName = Self.text("displayName", &fields)
        url = Self.text("url", &fields)
        parentFolderID = Self.text("parentFolderId", &fields)
        hash = Self.text("hash", &fields)
        sizeInBytes = Self.size(&fields)
        isPrivate = Self.take("private", &fields) { if case .bool(let value) = $0 { value } else { nil } }
        mediaType = Self.text("mediaType", &fields).map(MediaType.init(rawValue:))
        media = fields.removeValue(forKey: "media")
        operationStatus = Self.text("operationStatus", &fields).map(OperationStatus.init(rawValue:))
        sourceURL = Self.text("sourceUrl", &fields)
        thumbnailURL = Self.text("thumbnailUrl", &fields)
        labels = Self.texts("labels", &fields)
        createdDate = Self.text("createdDate", &fields)
        updatedDate = Self.text("updatedDate", &fields)
        siteID = Self.text("siteId", &fields)
        state = Self.text("state", &fields)
        internalTags = Self.texts("internalTags", &fields)
        other = fields
    }

    private static func take<Value>(
        _ name: String,
        _ fields: inout [String: JSONValue],
        _ read: (JSONValue) -> Value?
    ) -> Value? {
        guard let value = fields[name].flatMap(read) else { return nil }
        fields[name] = nil
        return value
    }

    private static func text(_ name: String, _ fields: inout [String: JSONValue]) -> String? {
        take(name, &fields, \.text)
    }

    private static func texts(_ name: String, _ fields: inout [String: JSONValue]) -> [String]? {
        take(name, &fields) { value in
            guard case .array(let values) = value else { return nil }
            let texts = values.compactMap(\.text)
            return texts.count == values.count ? texts : nil
        }
    }

    private static func size(_ fields: inout [String: JSONValue]) -> Int64? {
        let size: Int64? = take("sizeInBytes", &fields) { value in
            switch value {
            case .string(let text): Int64(text)
            case .integer(let number): number
            default: nil
            }
        }
        return size.flatMap { $0 < 0 ? nil : $0 }
    }
}
