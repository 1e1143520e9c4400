extension Destination {
    /// Fails where the host takes no file of that size; to learn that from the host would use up a grant.
    ///
    /// - Throws: `SourceFile.Failure` `file_empty` or `file_too_large`.
    func checkLimits(of path: String, length: Int64) throws {
        let steps = configuration?.steps
        // Wix: ZERO_FILE_SIZE.
        if length == 0, finalize == .wix || steps?.takesEmptyFiles == false {
            let host = finalize == .wix ? "Wix" : name
            throw SourceFile.Failure(
                code: "file_empty",
                message: "\(path) is empty, and \(host) takes no empty files"
            )
        }
        if let most = steps?.maximumSize, length > most {
            throw SourceFile.Failure(
                code: "file_too_large",
                message: "\(path) has \(length) bytes, and \(name) takes \(most) at most"
            )
        }
    }
}
