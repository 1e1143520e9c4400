/// What to upload.
public struct UploadSource: Sendable, Equatable {
    /// The path, absolute or relative to the working directory.
    public var path: String
    /// Whether the queue uploads a copy of its own.
    public var isCopied = false

    /// A regular file.
    ///
    /// It must stay unchanged until its upload completed: a change is detected, and fails the upload.
    ///
    /// - Parameter path: The path, absolute or relative to the working directory.
    /// - Returns: The source.
    public static func file(_ path: String) -> UploadSource { UploadSource(path: path) }

    /// A copy of a regular file, which the queue makes when it is added, and deletes when its upload completed.
    ///
    /// The file may be changed or deleted as soon as it was added. Where the filesystem can, the copy shares the file's
    /// blocks.
    ///
    /// - Parameter path: The path, absolute or relative to the working directory.
    /// - Returns: The source.
    public static func copy(of path: String) -> UploadSource { UploadSource(path: path, isCopied: true) }
}
