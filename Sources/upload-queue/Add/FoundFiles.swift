import Foundation
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
    /// What no folder and no list gives: the queue's own files.
    var own: OwnFiles?
    /// Told what cannot be read or cannot be a file's name; it may throw to stop.
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
            // What was named is added whatever the patterns say.
            guard let path = try named.popFirst() ?? nextPath() else { return nil }
            return files.isCopied ? .copy(of: path) : .file(path)
        }

        private mutating func nextPath() throws -> String? {
            while true {
                if let found = try nextInFolders() ?? nextInList() {
                    if fits(found) { return found }
                } else if let name = folderNames.popFirst() {
                    try rejecting { folders = [try FolderReader(name)] }
                } else if let name = lists.popFirst() {
                    try rejecting { list = try ListReader(name, ending: files.endsWithZero ? 0 : UInt8(ascii: "\n")) }
                } else {
                    return nil
                }
            }
        }

        private mutating func nextInFolders() throws -> String? {
            while let folder = folders.last {
                var entry: FolderReader.Entry?
                try rejecting { entry = try folder.next() }
                switch entry {
                case nil: folders.removeLast()
                case .invalid(let name): try files.reject(RawArguments.complaint(about: "\(folder.path)/\(name)"))
                case .folder(let path):
                    if !isOwn(path) { try rejecting { folders.append(try FolderReader(path)) } }
                case .file(let path): return path
                }
            }
            return nil
        }

        private mutating func nextInList() throws -> String? {
            while let list {
                var line: ArraySlice<UInt8>?
                try rejecting { line = try list.next() }
                guard let line else {
                    self.list = nil
                    return nil
                }
                if line.isEmpty { continue }
                if let path = String(validating: line, as: UTF8.self) { return path }
                try files.reject(RawArguments.complaint(about: RawArguments.shown(line)))
            }
            return nil
        }

        /// What cannot be read ends there; whether the rest goes on, ``FoundFiles/reject`` says.
        private func rejecting(_ body: () throws -> Void) throws {
            do {
                try body()
            } catch let error as CommandError {
                for message in error.messages { try files.reject(message) }
            }
        }

        private func isOwn(_ path: String) -> Bool { files.own?.contain(path) ?? false }

        private func fits(_ path: String) -> Bool {
            func fits(_ pattern: String) -> Bool {
                let text = pattern.contains("/") ? path : path.split(separator: "/").last.map(String.init) ?? path
                return fnmatch(pattern, text, 0) == 0
            }
            return (files.include.isEmpty || files.include.contains(where: fits))
                && !files.exclude.contains(where: fits) && !isOwn(path)
        }
    }
}
