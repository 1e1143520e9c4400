internal import Crypto
internal import NIOCore
internal import NIOPosix
internal import UploadStore

extension SourceFile {
    /// Bytes that are read and digested at a time.
    private static let piece: Int64 = 1 << 20

    /// The MD5 in hexadecimal of the file, which is the one that was added before and after it was read.
    ///
    /// - Throws: ``Failure`` when it is another one or cannot be read, `CancellationError` when `isStopping` says so or the
    ///   task was cancelled.
    func md5(of expected: SourceIdentity, isStopping: @Sendable () -> Bool) async throws -> String {
        try check(expected)
        var md5 = Insecure.MD5()
        for start in stride(from: 0, to: expected.length, by: Int(Self.piece)) {
            try Task.checkCancellation()
            if isStopping() { throw CancellationError() }
            let range = start..<min(start + Self.piece, expected.length)
            // A cold file blocks its reader, and hashing takes its time: neither is for the tasks' threads.
            md5 = try await NIOThreadPool.singleton.runIfActive { [md5] in
                var md5 = md5
                try self.read(range).withUnsafeReadableBytes { md5.update(bufferPointer: $0) }
                return md5
            }
        }
        try check(expected)
        return md5.finalize().hexadecimal
    }
}
