import Foundation
import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What is in one folder, sorted by name unless it is very large.
final class FolderReader {
    enum Entry {
        case file(String)
        case folder(String)
        /// A name that is not UTF-8, as it can be shown.
        case invalid(String)
    }

    /// More entries are told in the folder's own order, so that they need not all be in memory.
    private static let mostSorted = 10_000

    let path: String
    #if canImport(Darwin)
    private var folder: UnsafeMutablePointer<DIR>?
    #else
    private var folder: OpaquePointer?
    #endif
    private var read: [[CChar]] = []
    private var isSorted = false

    init(_ path: String) throws {
        guard let folder = opendir(path) else {
            throw CommandError(.noInput, "the folder \(path) cannot be read: \(Errno(rawValue: errno))")
        }
        self.path = path
        self.folder = folder
    }

    deinit { close() }

    /// A deep tree would need many open folders.
    private func close() {
        if let folder { closedir(folder) }
        folder = nil
    }

    func next() throws -> Entry? {
        if !isSorted {
            isSorted = true
            while read.count < Self.mostSorted, let name = try nextName() { read.append(name) }
            // The last one is taken first.
            if read.count < Self.mostSorted {
                read.sort { strcmp($0, $1) > 0 }
                close()
            }
        }
        while let name = try read.popLast() ?? nextName() {
            let bytes = name.dropLast().map(UInt8.init(bitPattern:))
            guard let text = String(validating: bytes, as: UTF8.self) else {
                return .invalid(RawArguments.shown(bytes))
            }
            let path = self.path.hasSuffix("/") ? self.path + text : "\(self.path)/\(text)"
            var information = stat()
            guard lstat(path, &information) == 0 else {
                if errno == ENOENT { continue }
                return .file(path)  // to add it tells why it cannot be
            }
            switch information.st_mode & S_IFMT {
            case S_IFDIR: return .folder(path)
            case S_IFREG: return .file(path)
            case S_IFLNK: if isLinkToFile(path) { return .file(path) }
            default: continue
            }
        }
        return nil
    }

    /// A link to a file is that file; one to a folder could lead in a circle, and others lead nowhere.
    private func isLinkToFile(_ path: String) -> Bool {
        var information = stat()
        if stat(path, &information) == 0 { return information.st_mode & S_IFMT == S_IFREG }
        return errno != ENOENT && errno != ELOOP && errno != ENOTDIR
    }

    private func nextName() throws -> [CChar]? {
        guard let folder else { return nil }
        while true {
            errno = 0
            guard let entry = readdir(folder) else {
                guard errno == 0 else {
                    throw CommandError(.noInput, "the folder \(path) cannot be read: \(Errno(rawValue: errno))")
                }
                return nil
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)) {
                    Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
                }
            }
            if strcmp(name, ".") != 0, strcmp(name, "..") != 0 { return name }
        }
    }
}
