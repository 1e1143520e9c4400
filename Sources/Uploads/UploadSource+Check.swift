extension UploadSource {
    /// The path as the queue stores it.
    package var absolutePath: String { AbsolutePath.of(path) }

    /// Looks at the file as ``UploadQueue/add(_:to:metadata:contentType:)`` would, without adding it.
    ///
    /// - Throws: ``UploadQueueError`` `invalid_source` when it could not be added.
    package func check() throws {
        do {
            _ = try SourceFile.identity(of: AbsolutePath.of(path))
        } catch let failure as SourceFile.Failure {
            throw UploadQueueError(.invalidSource, failure.message, cause: failure)
        }
    }
}
