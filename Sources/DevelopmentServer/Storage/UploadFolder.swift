import SystemPackage

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The server's whole state: one folder of files that survives a `kill -9` at any instruction.
///
/// Every function blocks: call it inside ``FileWork``.
struct UploadFolder: Sendable {
    /// Bound on `<id>.json` and `grant-<id>.json` when they are read.
    static let recordBound: Int64 = 1 << 20

    let directory: FilePath

    /// The request log, one JSON line a request.
    var requestLog: FilePath { directory.appending("requests.jsonl") }

    /// Creates the folder and removes what an interrupted write left behind.
    func prepare() throws {
        let files = FileManager.default
        try files.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
        for name in try files.contentsOfDirectory(atPath: directory.string) where name.hasSuffix(".temporary") {
            try directory.appending(name).removeFile()
        }
    }

    // MARK: - Uploads

    /// Makes a new, empty upload durable.
    func create(_ upload: StoredUpload) throws {
        try FileDescriptor.open(
            bytesPath(upload.id),
            .writeOnly,
            options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: .ownerReadWrite
        ).close()
        try save(upload)
    }

    /// Makes the record of an upload durable.
    func save(_ upload: StoredUpload) throws {
        try write(JSONEncoder().encode(upload), named: "\(upload.id).json")
    }

    /// The record of an upload; nil when there is none.
    func upload(_ id: String) throws -> StoredUpload? {
        guard Self.isIdentifier(id) else { return nil }
        return try read("\(id).json").map { try JSONDecoder().decode(StoredUpload.self, from: $0) }
    }

    /// The bytes stored so far.
    func offset(of id: String) throws -> Int64 {
        let file = try FileDescriptor.open(bytesPath(id), .readOnly, options: [.closeOnExec])
        return try file.closeAfter { try file.seek(offset: 0, from: .end) }
    }

    /// The file that holds the bytes of an upload.
    func bytesPath(_ id: String) -> FilePath {
        directory.appending("\(id).bin")
    }

    /// Opens the bytes of an upload; the caller closes it.
    func openBytes(of id: String, _ mode: FileDescriptor.AccessMode) throws -> FileDescriptor {
        try FileDescriptor.open(bytesPath(id), mode, options: [.closeOnExec])
    }

    /// Forgets the last `count` bytes, as a server does whose cache was not on disk when it crashed.
    func lose(_ count: Int64, of id: String) throws {
        let file = try openBytes(of: id, .readWrite)
        try file.closeAfter {
            let size = try file.seek(offset: 0, from: .end)
            try file.resize(to: max(0, size - count))
            try file.synchronize()
        }
    }

    /// Ends an upload: its record stays (410), its bytes go.
    func delete(_ upload: StoredUpload) throws {
        var ended = upload
        ended.deleted = true
        try save(ended)
        try bytesPath(upload.id).removeFile()
    }

    // MARK: - Grants

    /// Makes a grant durable.
    func save(_ grant: StoredGrant) throws {
        try write(JSONEncoder().encode(grant), named: "grant-\(grant.id).json")
    }

    /// The record of a grant; nil when there is none.
    func grant(_ id: String) throws -> StoredGrant? {
        guard Self.isIdentifier(id) else { return nil }
        return try read("grant-\(id).json").map { try JSONDecoder().decode(StoredGrant.self, from: $0) }
    }

    // MARK: - Files

    /// A new identifier: 32 hexadecimal digits.
    static func newIdentifier() -> String {
        (0..<16).map { _ in hexadecimal(UInt8.random(in: .min ... .max)) }.joined()
    }

    /// Two lower-case hexadecimal digits.
    static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0\(digits)" : digits
    }

    /// Whether `text` can be an identifier, and so a file name.
    static func isIdentifier(_ text: String) -> Bool {
        text.utf8.count == 32 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    func read(_ name: String) throws -> Data? {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(directory.appending(name), .readOnly, options: [.closeOnExec])
        } catch Errno.noSuchFileOrDirectory {
            return nil
        }
        return try file.closeAfter {
            let size = try file.seek(offset: 0, from: .end)
            guard size <= Self.recordBound else { throw Errno.fileTooLarge }
            var content = Data(count: Int(size))
            let count = try content.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 0, into: $0) }
            return content.prefix(count)
        }
    }

    func write(_ content: Data, named name: String) throws {
        let temporary = directory.appending("\(name).\(Self.newIdentifier()).temporary")
        let file = try FileDescriptor.open(
            temporary,
            .writeOnly,
            options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: .ownerReadWrite
        )
        do {
            try file.closeAfter {
                try file.writeAll(content)
                try file.synchronize()
            }
            try temporary.rename(to: directory.appending(name))
        } catch {
            try? temporary.removeFile()
            throw error
        }
        try directory.synchronizeFolder()
    }
}
