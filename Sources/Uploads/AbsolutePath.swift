internal import Foundation

/// Paths as the queue stores them: absolute, since a later process has another working directory.
package enum AbsolutePath {
    /// Joins a relative path to the working directory, and leaves out what says nothing (`.` and repeated slashes).
    ///
    /// `..` stays: after a symbolic link only the kernel knows where it leads.
    package static func of(_ path: String) -> String {
        // By bytes: a slash before a combining mark is one character with it, and a slash all the same.
        guard path.utf8.first == UInt8(ascii: "/") else {
            return of("/\(FileManager.default.currentDirectoryPath)/\(path)")
        }
        let components = path.utf8.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
        return components.reduce(into: "") { $0 += "/\(Substring($1))" } + (components.isEmpty ? "/" : "")
    }
}
