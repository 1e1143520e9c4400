internal import GRDBSQLite

/// The SQLite library that a process uses.
package struct Engine: Sendable, Equatable {
    /// Such as `3.40.1`.
    package var version: String
    /// How it was built, as `PRAGMA compile_options` tells.
    package var options: [String]

    package init(version: String, options: [String]) {
        self.version = version
        self.options = options
    }

    /// The one of this process.
    package static let linked = Engine(
        version: String(cString: sqlite3_libversion()),
        options: (0...).lazy.map { sqlite3_compileoption_get(Int32($0)) }.prefix { $0 != nil }
            .compactMap { $0.map { String(cString: $0) } }
    )

    /// Ways to build it with which a queue is not safe, and what they do.
    static let unsafeOptions = [
        "THREADSAFE=0": "cannot be used by several threads",
        "NO_SYNC": "does not wait for the disk",
        "DISABLE_DIRSYNC": "does not wait until the names of files are on disk",
        "OMIT_CHECK": "does not obey the rules of the schema",
        "OMIT_FOREIGN_KEY": "does not obey the rules of the schema",
    ]

    /// Why no queue is opened with it; nil where one is.
    var refusal: String? {
        // The first that knows STRICT.
        guard !isBefore(3, 37, 0) else { return "SQLite \(version) is too old; a queue needs 3.37 or later" }
        guard let option = options.first(where: { Self.unsafeOptions[$0] != nil }) else { return nil }
        return
            "SQLite \(version) was built with \(option): it \(Self.unsafeOptions[option] ?? ""); use another build of it"
    }

    /// Whether a checkpoint beside another connection's commit can lose rows (https://www.sqlite.org/wal.html, section 11).
    ///
    /// Fixed in 3.51.3, and in 3.44.6 and 3.50.7 of the older lines.
    package var hasResetBug: Bool {
        let hasFix = [(44, 6), (50, 7)].contains { minor, patch in
            !isBefore(3, minor, patch) && isBefore(3, minor + 1, 0)
        }
        return !hasFix && isBefore(3, 51, 3)
    }

    private func isBefore(_ major: Int, _ minor: Int, _ patch: Int) -> Bool {
        let numbers = version.split(separator: ".").map { Int($0) ?? 0 } + [0, 0, 0]
        return (numbers[0], numbers[1], numbers[2]) < (major, minor, patch)
    }
}
