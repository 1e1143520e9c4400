internal import Foundation
internal import SystemPackage

/// Paths as the queue stores them: absolute, since a later process has another working directory.
package enum AbsolutePath {
    /// Joins a relative path to the working directory, without touching symbolic links.
    package static func of(_ path: String) -> String {
        let path = FilePath(path)
        if path.isAbsolute { return path.lexicallyNormalized().string }
        return FilePath(FileManager.default.currentDirectoryPath).pushing(path).lexicallyNormalized().string
    }
}
