@testable import Uploads

extension FuzzEntry {
    /// Breaks at `$[0]` and its like: four bytes that chance alone does not meet in a minute.
    ///
    /// A run that does not find one is not guided by the code of the package, and proves nothing.
    static let control = FuzzEntry("control") { bytes in
        let text = FuzzInput.text(bytes)
        guard let path = JSONPath(text), !path.isWhole else { return }
        try hold(path.value(in: .array([.null])) == nil, "\(text) was found, as it should be")
    }
}
