/// What to upload.
public struct UploadSource: Sendable, Equatable {
    /// The path, absolute or relative to the working directory.
    public var path: String

    /// A regular file.
    ///
    /// It must stay unchanged until its upload completed: a change is detected, and fails the upload.
    ///
    /// - Parameter path: The path, absolute or relative to the working directory.
    /// - Returns: The source.
    public static func file(_ path: String) -> UploadSource { UploadSource(path: path) }
}
