internal import Foundation

/// Paths as the queue stores them: absolute, since a later process has another working directory.
package enum AbsolutePath {
    /// Joins a relative path to the working directory, and leaves out what says nothing (`.` and repeated slashes).
    ///
    /// `..` stays: after a symbolic link only the kernel knows where it leads.
    package static func of(_ path: String) -> String {
        // By bytes: a slash before a combining mark is one character with it, and a slash all the same.
        let slash = UInt8(ascii: "/")
        guard path.utf8.first == slash else {
            let folder = FileManager.default.currentDirectoryPath
            // A working directory that was removed has no path, and what is in it none either.
            return folder.utf8.first == slash ? of("\(folder)/\(path)") : path
        }
        let components = path.utf8.split(separator: slash).filter { !$0.elementsEqual(".".utf8) }
        return components.reduce(into: "") { $0 += "/\(Substring($1))" } + (components.isEmpty ? "/" : "")
    }
}
