/// A file was there when it was looked at, and cannot be added any more.
package struct SourceGone: Error {
    package let path: String
    package let message: String

    package init(path: String, message: String) {
        self.path = path
        self.message = message
    }
}
