/// What tells a source file from a changed or another one.
package struct SourceIdentity: Sendable, Equatable {
    /// Bytes.
    package var length: Int64
    /// Last modification, nanoseconds since 1970.
    package var modified: Int64
    /// Last change of the inode, nanoseconds since 1970.
    package var changed: Int64
    package var inode: UInt64
    /// The device number, which counts only within ``bootID``.
    package var device: UInt64
    package var bootID: String

    package init(length: Int64, modified: Int64, changed: Int64, inode: UInt64, device: UInt64, bootID: String) {
        self.length = length
        self.modified = modified
        self.changed = changed
        self.inode = inode
        self.device = device
        self.bootID = bootID
    }

    /// Whether another reading is of the same, unchanged file.
    ///
    /// The device number is compared only within one boot: it may change at the next.
    package func isSame(as other: SourceIdentity) -> Bool {
        length == other.length && modified == other.modified && changed == other.changed && inode == other.inode
            && (bootID != other.bootID || device == other.device)
    }
}
