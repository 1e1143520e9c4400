import Crypto
import DevelopmentServer
import Foundation
import SystemPackage
import Uploads

/// What can be told of the demo from outside: the server's log and files beside the sources.
struct DemoEvidence {
    let files: DemoFiles
    let log: [RequestRecord]
    let folder: URL
    let uploads: [Upload]

    /// Gathers it.
    init(files: DemoFiles, queue: UploadQueue, log: [RequestRecord], folder: URL) async throws {
        self.files = files
        self.log = log
        self.folder = folder
        uploads = try await queue.uploads()
    }

    /// Checks every claim.
    func check(_ checks: inout DemoChecks) throws {
        try checkResumption(&checks)
        try checkBytes(&checks)
        let creations = log.filter { $0.step == .create && $0.status == 201 }
        try checks.check(
            creations.count == files.all.count && Set(creations.map(\.upload)).count == files.all.count,
            "one upload was created for each of the \(files.all.count) files"
        )
        let same = try uploads.filter { upload in
            guard let stored = storedBytes(of: upload) else { return false }
            return try Self.digest(URL(filePath: upload.sourcePath)) == Self.digest(stored)
        }
        try checks.check(
            same.count == files.all.count,
            "SHA-256 of \(same.count) of \(files.all.count) files at the server is that of the source"
        )
        let names = uploads.filter { name(of: $0) == URL(filePath: $0.sourcePath).lastPathComponent }
        try checks.check(names.count == files.all.count, "the server was told every name, in every script")
        let finalizes = log.filter { $0.step == .finalize }
        try checks.check(
            finalizes.count == 1 && finalizes.count(where: \.finalized) == 1,
            "the upload with the grant was finalized exactly once"
        )
    }

    private func checkResumption(_ checks: inout DemoChecks) throws {
        let large = log.first { $0.step == .create }?.upload
        let ofLarge = log.filter { $0.upload == large }
        let length = try DemoFiles.size(files.large)
        guard let head = ofLarge.firstIndex(where: { $0.step == .offset }), let offset = ofLarge[head].offsetAfter
        else {
            try checks.check(false, "the second worker asked the server how much it has")
            return
        }
        let before = ofLarge[..<head].filter { $0.step == .transfer }
        let after = ofLarge[head...].filter { $0.step == .transfer }
        try checks.check(
            0 < offset && offset < length && before.reduce(0) { $0 + $1.bytesStored } == offset,
            "asked by HEAD, the server told all that the first worker had brought: \(offset) bytes"
        )
        try checks.check(
            after.first?.offsetBefore == offset && after.reduce(0) { $0 + $1.bytesReceived } == length - offset,
            "the second worker sent only the \(length - offset) bytes that were missing"
        )
    }

    private func checkBytes(_ checks: inout DemoChecks) throws {
        let transfers = log.filter { $0.step == .transfer }
        let received = transfers.reduce(0) { $0 + $1.bytesReceived }
        let stored = transfers.reduce(0) { $0 + $1.bytesStored }
        let lengths = try files.all.reduce(0) { try $0 + DemoFiles.size($1) }
        try checks.check(
            stored == lengths && received - stored < 1 << 20,
            "re-sent: \(received - lengths) bytes (\(received) received, \(lengths) in the files); "
                + "of what the server had stored: \(stored - lengths)"
        )
    }

    /// The server's file of an upload's bytes.
    private func storedBytes(of upload: Upload) -> URL? {
        identifier(of: upload).map { folder.appending(path: "\($0).bin") }
    }

    /// The server's name for an upload.
    ///
    /// What had a grant keeps no URL; it is the one that was finalized.
    private func identifier(of upload: Upload) -> String? {
        if let url = upload.uploadURL { return url.split(separator: "/").last.map(String.init) }
        return log.first { $0.finalized }?.upload
    }

    /// The name that the server was told, from the metadata that it keeps beside the bytes.
    private func name(of upload: Upload) -> String? {
        struct Record: Decodable {
            var metadata: String
        }
        guard let id = identifier(of: upload),
            let data = try? Data(contentsOf: folder.appending(path: "\(id).json")),
            let record = try? JSONDecoder().decode(Record.self, from: data),
            let pair = record.metadata.split(separator: ",").first(where: { $0.hasPrefix("filename ") }),
            let name = Data(base64Encoded: String(pair.dropFirst("filename ".count)))
        else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    private static func digest(_ path: URL) throws -> SHA256.Digest {
        let file = try FileDescriptor.open(FilePath(path.path), .readOnly, options: .closeOnExec)
        return try file.closeAfter {
            var hash = SHA256()
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
            defer { buffer.deallocate() }
            while true {
                try Task.checkCancellation()
                let count = try file.read(into: buffer)
                if count == 0 { return hash.finalize() }
                hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }
}
