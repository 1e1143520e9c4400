/// Wix's file descriptor, as the resumable upload article shows it.
struct MediaFile: Codable, Sendable {
    /// What a file of the Media Manager holds; one member is set, by the kind of file.
    struct Media: Codable, Sendable {
        struct Entry: Codable, Sendable {
            let id: String
            let url: String
            let filename: String
            let sizeInBytes: String
            var height: Int?
            var width: Int?
        }

        struct Image: Codable, Sendable {
            let image: Entry
            var faces: [String] = []
        }

        var image: Image?
        var video: Entry?
        var audio: Entry?
        var document: Entry?
        var archive: Entry?
        var model3d: Entry?
    }

    let id: String
    let displayName: String
    let url: String
    let parentFolderId: String
    let hash: String
    let sizeInBytes: String
    let `private`: Bool
    let mediaType: String
    let media: Media
    let operationStatus: String
    let thumbnailUrl: String
    let labels: [String]
    let createdDate: String
    let updatedDate: String
}

extension MediaFile {
    /// The descriptor of a file whose bytes are all there and processed.
    ///
    /// - Parameters:
    ///   - grant: the grant it was uploaded with.
    ///   - displayName: the name that the finalize gave.
    ///   - size: bytes.
    ///   - md5: hexadecimal.
    ///   - url: where its bytes can be read.
    ///   - now: the time, RFC 3339.
    init(of grant: StoredGrant, displayName: String, size: Int64, md5: String, url: String, now: String) {
        let entry = Media.Entry(id: grant.fileID, url: url, filename: displayName, sizeInBytes: String(size))
        var media = Media()
        let mediaType = Self.mediaType(of: grant.request.mimeType)
        switch mediaType {
        case "IMAGE":
            // Nothing here decodes pixels: the dimensions are made up.
            var image = entry
            image.height = 1
            image.width = 1
            media.image = Media.Image(image: image)
        case "VIDEO": media.video = entry
        case "AUDIO": media.audio = entry
        case "ARCHIVE": media.archive = entry
        case "MODEL3D": media.model3d = entry
        case "DOCUMENT": media.document = entry
        default: break
        }
        self.init(
            id: grant.fileID,
            displayName: displayName,
            url: url,
            parentFolderId: grant.request.parentFolderId ?? "media-root",
            hash: md5,
            sizeInBytes: String(size),
            private: grant.request.private ?? false,
            mediaType: mediaType,
            media: media,
            operationStatus: "READY",
            thumbnailUrl: url,
            labels: grant.request.labels ?? [],
            createdDate: now,
            updatedDate: now
        )
    }

    private static func mediaType(of mimeType: String) -> String {
        let type = mimeType.lowercased()
        if type == "image/svg+xml" { return "VECTOR" }
        if type == "application/zip" || type == "application/x-tar" || type == "application/gzip" { return "ARCHIVE" }
        if type == "application/pdf" { return "DOCUMENT" }
        switch type.split(separator: "/").first {
        case "image": return "IMAGE"
        case "video": return "VIDEO"
        case "audio": return "AUDIO"
        case "text": return "DOCUMENT"
        case "model": return "MODEL3D"
        default: return "OTHER"
        }
    }
}

/// The answers that carry a descriptor.
struct MediaFileResponse: Codable, Sendable {
    let file: MediaFile
}
