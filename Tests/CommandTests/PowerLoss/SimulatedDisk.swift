import Foundation

/// A disk that keeps what was synced, and of the rest whatever a power loss leaves.
///
/// Stricter than any filesystem: a file's sync brings no name to disk, and writes that were not synced are kept or lost
/// by the sector, in any order. Names change in the order of the calls, as a journal of metadata does it.
struct SimulatedDisk {
    /// What is left of that which was not synced.
    enum Loss: CaseIterable {
        /// Everything, as when only the process is killed.
        case nothing
        case everything
        /// Names that are there without the bytes of their files.
        case bytes
        /// Bytes whose names are not there.
        case names
        /// Writes up to one of them, which is torn.
        case tail
        /// Sectors at random.
        case sectors
    }

    private enum Change {
        case write(at: Int, Data)
        case resize(Int)
    }

    private struct File {
        var bytes = Data()
        var pending: [Change] = []
    }

    private enum Node: Equatable {
        case file(Int)
        case folder
    }

    private enum Naming {
        case give(String, Node)
        case remove(String)
        case rename(from: String, to: String)

        var folders: [String] {
            switch self {
            case .give(let path, _), .remove(let path): [SimulatedDisk.folder(of: path)]
            case .rename(let old, let new): [SimulatedDisk.folder(of: old), SimulatedDisk.folder(of: new)]
            }
        }
    }

    private static let sector = 512

    private var files: [File] = []
    /// Which file has a number of the filesystem now; numbers of removed files are given again.
    private var current: [UInt64: Int] = [:]
    private var names: [String: Node] = ["": .folder]
    private var pendingNames: [Naming] = []

    /// A disk on which everything that a folder holds is safe.
    init(folder: String) throws {
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")
            guard attributes[.type] as? FileAttributeType == .typeRegular else {
                names["/\(path)"] = .folder
                continue
            }
            let number = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
            current[number] = files.count
            names["/\(path)"] = .file(files.count)
            files.append(File(bytes: try Data(contentsOf: URL(filePath: "\(folder)/\(path)"))))
        }
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    /// Does what a record tells.
    ///
    /// - Returns: Whether the disk differs now, or may differ after a power loss.
    @discardableResult
    mutating func apply(_ record: DiskRecord) -> Bool {
        switch record.change {
        case .output, .send: return false
        case .create(let path):
            // Shared memory is nobody's after a restart of the machine.
            guard !Self.isShared(path) else {
                current[record.file] = nil
                return false
            }
            current[record.file] = files.count
            pendingNames.append(.give(path, .file(files.count)))
            files.append(File())
        case .makeFolder(let path): pendingNames.append(.give(path, .folder))
        case .remove(let path) where Self.isShared(path): return false
        case .remove(let path): pendingNames.append(.remove(path))
        case .rename(let old, let new): pendingNames.append(.rename(from: old, to: new))
        case .link(_, let new):
            guard let file = current[record.file] else { return false }
            pendingNames.append(.give(new, .file(file)))
        case .write(let offset, let data): return append(.write(at: offset, data), to: record.file)
        case .resize(let size): return append(.resize(size), to: record.file)
        case .sync:
            guard let file = current[record.file] else { return false }
            for change in files[file].pending { Self.apply(change, to: &files[file].bytes) }
            files[file].pending = []
        case .syncFolder(let path):
            // A journal brings all earlier changes of names to disk with it.
            guard let last = pendingNames.lastIndex(where: { $0.folders.contains(path) }) else { return false }
            for naming in pendingNames[...last] { Self.apply(naming, to: &names) }
            pendingNames.removeSubrange(...last)
        }
        return true
    }

    private static func isShared(_ path: String) -> Bool { path.hasSuffix("-shm") }

    private mutating func append(_ change: Change, to number: UInt64) -> Bool {
        guard let file = current[number] else { return false }
        files[file].pending.append(change)
        return true
    }

    private static func apply(_ change: Change, to bytes: inout Data) {
        switch change {
        case .resize(let size):
            if size < bytes.count { bytes.removeLast(bytes.count - size) } else { extend(&bytes, to: size) }
        case .write(let offset, let data):
            extend(&bytes, to: offset + data.count)
            bytes.replaceSubrange(offset..<(offset + data.count), with: data)
        }
    }

    private static func extend(_ bytes: inout Data, to size: Int) {
        if size > bytes.count { bytes.append(Data(count: size - bytes.count)) }
    }

    private static func apply(_ naming: Naming, to names: inout [String: Node]) {
        switch naming {
        case .give(let path, let node): names[path] = node
        case .remove(let path): names[path] = nil
        case .rename(let old, let new):
            guard let node = names.removeValue(forKey: old) else { return }
            // Into the folder, or out of it.
            if !new.isEmpty { names[new] = node }
        }
    }

    /// What can be there when the power comes back, in every way to lose what was not synced.
    func images(_ random: inout some RandomNumberGenerator) -> Set<[String: Data?]> {
        Set(Loss.allCases.map { image(after: $0, &random) })
    }

    /// What is there when the power comes back: the bytes of each file by its path, nil for a folder.
    func image(after loss: Loss, _ random: inout some RandomNumberGenerator) -> [String: Data?] {
        var names = names
        let kept =
            switch loss {
            case .nothing, .bytes, .sectors: pendingNames.count
            case .everything, .names: 0
            case .tail: Int.random(in: 0...pendingNames.count, using: &random)
            }
        for naming in pendingNames[..<kept] { Self.apply(naming, to: &names) }
        var image: [String: Data?] = [:]
        // In one order, so that a seed makes the same choices again.
        for (path, node) in names.sorted(by: { $0.key < $1.key })
        where path != "" && names[Self.folder(of: path)] == .folder {
            if case .file(let file) = node {
                image[path] = bytes(of: files[file], after: loss, &random)
            } else {
                image.updateValue(nil, forKey: path)
            }
        }
        return image
    }

    private func bytes(of file: File, after loss: Loss, _ random: inout some RandomNumberGenerator) -> Data {
        var bytes = file.bytes
        switch loss {
        case .everything, .bytes: break
        case .nothing, .names: for change in file.pending { Self.apply(change, to: &bytes) }
        case .tail:
            guard !file.pending.isEmpty else { break }
            let last = Int.random(in: file.pending.indices, using: &random)
            for change in file.pending[..<last] { Self.apply(change, to: &bytes) }
            guard case .write(let offset, let data) = file.pending[last] else { break }
            let size = min(data.count, Int.random(in: 0...(data.count / Self.sector), using: &random) * Self.sector)
            Self.apply(.write(at: offset, data.prefix(size)), to: &bytes)
        case .sectors:
            for change in file.pending {
                guard case .write(let offset, let data) = change else {
                    if Bool.random(using: &random) { Self.apply(change, to: &bytes) }
                    continue
                }
                for start in stride(from: 0, to: data.count, by: Self.sector) where Bool.random(using: &random) {
                    let piece = Data(data.dropFirst(start).prefix(Self.sector))
                    Self.apply(.write(at: offset + start, piece), to: &bytes)
                }
            }
        }
        return bytes
    }
}
