internal import SystemPackage
internal import UploadStore

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

extension AddOrder {
    /// Looks once more, after the row is written: a worker that let the file go before may have deleted or moved it since.
    static func checkIsThere(_ upload: NewUpload) throws {
        guard !upload.spooled, access(upload.sourcePath, F_OK) != 0 else { return }
        let reason = Errno(rawValue: errno)
        if [.noSuchFileOrDirectory, .notDirectory].contains(reason) {
            let path = upload.sourcePath
            let gone = SourceGone(path: path, message: "\(path) was there when it was looked at, and is gone")
            throw UploadStoreError(.refused, gone.message, cause: gone)
        }
    }
}
