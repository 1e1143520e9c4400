import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension FileDescriptor {
    /// Puts everything written to this descriptor on disk.
    func synchronize() throws {
        guard fsync(rawValue) == 0 else { throw Errno(rawValue: errno) }
    }
}

extension FilePath {
    /// Puts this folder's entries (created, renamed and removed names) on disk.
    func synchronizeFolder() throws {
        let folder = try FileDescriptor.open(self, .readOnly, options: [.directory, .closeOnExec])
        try folder.closeAfter { try folder.synchronize() }
    }

    /// Replaces the file at `target`, in the same folder, by this one.
    func rename(to target: FilePath) throws {
        let result = withPlatformString { source in
            target.withPlatformString { destination in systemRename(source, destination) }
        }
        guard result == 0 else { throw Errno(rawValue: errno) }
    }

    /// Removes the file; one that is not there is no error.
    func removeFile() throws {
        guard withPlatformString({ unlink($0) }) == 0 || errno == ENOENT else { throw Errno(rawValue: errno) }
    }
}

// Inside the extension the C function is hidden by the method of the same name.
private func systemRename(_ source: UnsafePointer<CChar>, _ destination: UnsafePointer<CChar>) -> CInt {
    rename(source, destination)
}
