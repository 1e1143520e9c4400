internal import Foundation
internal import SystemPackage

/// Paths as the queue stores them: absolute, since a later process has another working directory.
package enum AbsolutePath {
    /// Joins a relative path to the working directory, and leaves out what says nothing (`.` and repeated slashes).
    ///
    /// `..` stays: after a symbolic link only the kernel knows where it leads.
    package static func of(_ path: String) -> String {
        var absolute = FilePath(path)
        if !absolute.isAbsolute {
            absolute = FilePath(FileManager.default.currentDirectoryPath).appending(absolute.components)
        }
        absolute.components.removeAll { $0.kind == .currentDirectory }
        return absolute.string
    }
}
