internal import SystemPackage
internal import UploadStore

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A file was there when it was looked at, and has no name any more in the transaction that adds it.
struct SourceGone: Error {
    let path: String

    var message: String { "\(path) was there when it was looked at, and is gone" }
}

extension AddOrder {
    /// Looks once more, after the row is written: where a worker is about to delete or move the file for another upload,
    /// it has its name no more, or that worker finds the row (``SourceDisposal``).
    static func checkIsThere(_ upload: NewUpload) throws {
        guard !upload.spooled, access(upload.sourcePath, F_OK) != 0 else { return }
        let reason = Errno(rawValue: errno)
        if [.noSuchFileOrDirectory, .notDirectory].contains(reason) {
            let gone = SourceGone(path: upload.sourcePath)
            throw UploadStoreError(.refused, gone.message, cause: gone)
        }
    }
}
