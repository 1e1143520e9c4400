import Crypto

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What `media-<id>.json` says about a file of a host that is stood in for.
struct StoredMedia: Codable, Sendable {
    /// 32 hexadecimal digits.
    let id: String
    let host: StandIn
    /// The upload of its bytes, once there is one.
    var upload: String?

    /// The id of an object of Supabase Storage.
    static func id(bucket: String, object: String) -> String {
        let digest = SHA256.hash(data: Data("\(bucket)/\(object)".utf8))
        return digest.prefix(16).map(UploadFolder.hexadecimal).joined()
    }
}

extension UploadFolder {
    /// Makes the record of a file durable.
    func save(_ media: StoredMedia) throws {
        try write(JSONEncoder().encode(media), named: "media-\(media.id).json")
    }

    /// The record of a file; nil where the host has none of that id.
    func media(_ id: String, of host: StandIn) throws -> StoredMedia? {
        guard Self.isIdentifier(id) else { return nil }
        let stored = try read("media-\(id).json").map { try JSONDecoder().decode(StoredMedia.self, from: $0) }
        return stored?.host == host ? stored : nil
    }

    /// The bytes of a file, once they are all there.
    func size(of media: StoredMedia) throws -> Int64? {
        guard let upload = try media.upload.flatMap({ try upload($0) }), !upload.deleted else { return nil }
        return try offset(of: upload.id) == upload.length ? upload.length : nil
    }
}
