import Foundation
import SystemPackage
import Uploads

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Files that are found one after another, so that a million of them take no more memory than a few.
struct FoundFiles: AsyncSequence {
    typealias Element = UploadSource

    /// Files that were named; no pattern leaves them out.
    var named: [String] = []
    /// Folders to look through, with all that are in them.
    var folders: [String] = []
    /// Lists of files; `-` is standard input.
    var lists: [String] = []
    /// Whether the files of a list end with a zero byte instead of a line end.
    var endsWithZero = false
    /// Patterns of which one must fit (fnmatch(3)); none: every file fits.
    var include: [String] = []
    /// Patterns of which none may fit.
    var exclude: [String] = []
    /// Whether the queue keeps copies.
    var isCopied = false
    /// What is never uploaded: the queue's own files.
    var isOwn: @Sendable (String) -> Bool = { _ in false }
    /// Told what cannot be a file's name.
    var reject: (String) throws -> Void = { _ in }

    func makeAsyncIterator() -> Iterator { Iterator(self) }

    struct Iterator: AsyncIteratorProtocol {
        private let files: FoundFiles
        private var named: ArraySlice<String>
        private var folders: [FolderReader] = []
        private var folderNames: ArraySlice<String>
        private var lists: ArraySlice<String>
        private var list: ListReader?

        init(_ files: FoundFiles) {
            self.files = files
            named = files.named[...]
            folderNames = files.folders[...]
            lists = files.lists[...]
        }

        mutating func next() async throws -> UploadSource? {
            if let path = named.popFirst() { return source(path) }
            while let path = try nextPath() {
                if fits(path) { return source(path) }
            }
            return nil
        }

        private func source(_ path: String) -> UploadSource { files.isCopied ? .copy(of: path) : .file(path) }

        private mutating func nextPath() throws -> String? {
            while true {
                if let found = try nextInFolders() { return found }
                if let name = folderNames.popFirst() {
                    folders = [try FolderReader(name)]
                    continue
                }
                if let found = try nextInList() { return found }
                guard let name = lists.popFirst() else { return nil }
                list = try ListReader(name, ending: files.endsWithZero ? 0 : UInt8(ascii: "\n"))
            }
        }

        private mutating func nextInFolders() throws -> String? {
            while let folder = folders.last {
                switch try folder.next() {
                case nil: folders.removeLast()
                case .invalid(let name): try files.reject(RawArguments.complaint(about: "\(folder.path)/\(name)"))
                case .folder(let path): folders.append(try FolderReader(path))
                case .file(let path): return path
                }
            }
            return nil
        }

        private mutating func nextInList() throws -> String? {
            while let list {
                guard let line = try list.next() else {
                    self.list = nil
                    return nil
                }
                if line.isEmpty { continue }
                if let path = String(validating: line, as: UTF8.self) { return path }
                try files.reject(RawArguments.complaint(about: String(decoding: line, as: UTF8.self)))
            }
            return nil
        }

        private func fits(_ path: String) -> Bool {
            if files.isOwn(path) { return false }
            func fits(_ pattern: String) -> Bool {
                let text = pattern.contains("/") ? path : path.split(separator: "/").last.map(String.init) ?? path
                return fnmatch(pattern, text, 0) == 0
            }
            return (files.include.isEmpty || files.include.contains(where: fits))
                && !files.exclude.contains(where: fits)
        }
    }
}

/// What is in one folder, sorted by name unless it is very large.
private final class FolderReader {
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
    private let folder: UnsafeMutablePointer<DIR>
    #else
    private let folder: OpaquePointer
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

    deinit { closedir(folder) }

    func next() throws -> Entry? {
        if !isSorted {
            isSorted = true
            while read.count < Self.mostSorted, let name = try nextName() { read.append(name) }
            // The last one is taken first.
            if read.count < Self.mostSorted { read.sort { strcmp($0, $1) > 0 } }
        }
        while let name = try read.popLast() ?? nextName() {
            let bytes = name.dropLast().map(UInt8.init(bitPattern:))
            guard let text = String(validating: bytes, as: UTF8.self) else {
                return .invalid(String(decoding: bytes, as: UTF8.self))
            }
            let path = self.path.hasSuffix("/") ? self.path + text : "\(self.path)/\(text)"
            var information = stat()
            guard lstat(path, &information) == 0 else { continue }
            switch information.st_mode & S_IFMT {
            case S_IFDIR: return .folder(path)
            case S_IFREG: return .file(path)
            // A link to a file is that file; one to a folder could lead in a circle.
            case S_IFLNK where stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG:
                return .file(path)
            default: continue
            }
        }
        return nil
    }

    private func nextName() throws -> [CChar]? {
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

/// The lines of a file, read as they are wanted.
private final class ListReader {
    /// Bytes of a line at most; the longest path is shorter.
    private static let longest = 1 << 16

    private let name: String
    private let file: FileDescriptor
    private let ending: UInt8
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(_ name: String, ending: UInt8) throws {
        self.name = name
        self.ending = ending
        do {
            file = name == "-" ? .standardInput : try .open(FilePath(name), .readOnly, options: .closeOnExec)
        } catch let reason as Errno {
            throw CommandError(.noInput, "the list \(name) cannot be read: \(reason)")
        }
    }

    deinit { if name != "-" { try? file.close() } }

    func next() throws -> ArraySlice<UInt8>? {
        while true {
            if let end = buffer[start...].firstIndex(of: ending) {
                defer { start = end + 1 }
                return buffer[start..<end]
            }
            if isAtEnd {
                defer { start = buffer.count }
                return start < buffer.count ? buffer[start...] : nil
            }
            buffer.removeFirst(start)
            start = 0
            guard buffer.count < Self.longest else {
                throw CommandError(
                    .badData,
                    "a line of \(name) is longer than \(Self.longest) bytes; is it a list of files?"
                )
            }
            try fill()
        }
    }

    private func fill() throws {
        do {
            let piece = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { bytes, count in
                count = try file.read(into: UnsafeMutableRawBufferPointer(bytes))
            }
            isAtEnd = piece.isEmpty
            buffer += piece
        } catch let reason as Errno {
            throw CommandError(.noInput, "the list \(name) cannot be read: \(reason)")
        }
    }
}
