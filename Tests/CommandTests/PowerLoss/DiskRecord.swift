import Foundation
import Testing

/// What the command did to its disk, one call after the other, as `record.c` wrote it down.
struct DiskRecord {
    enum Change {
        case create(String)
        case write(at: Int, Data)
        case resize(Int)
        /// Content and size of a file are on disk.
        case sync
        /// The names in a folder are on disk.
        case syncFolder(String)
        case rename(from: String, to: String)
        case link(from: String, to: String)
        case remove(String)
        case makeFolder(String)
        /// What went to standard output; the command had promised it from then on.
        case output(String)
        /// The beginning of what went to a socket.
        case send(String)
    }

    struct Unreadable: Error {
        var offset: Int
    }

    /// The number that the filesystem gave to the file; 0 where it is about names or none.
    var file: UInt64
    var change: Change

    /// Reads what was recorded.
    static func all(at path: String) throws -> [DiskRecord] {
        let data = try Data(contentsOf: URL(filePath: path))
        var records: [DiskRecord] = []
        var offset = 0
        func number<Number: FixedWidthInteger>(_ at: Int, _: Number.Type) -> Number {
            data.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: Number.self) }
        }
        // Where the command ends while another thread of it writes, the last record can be cut.
        while offset + 29 <= data.count {
            let end = offset + 29 + Int(number(offset + 25, UInt32.self))
            guard end <= data.count else { break }
            let value = Int(number(offset + 9, UInt64.self))
            let bytes = Data(data[(offset + 29)..<end])
            guard let change = Change(data[offset], value, bytes) else { throw Unreadable(offset: offset) }
            records.append(DiskRecord(file: number(offset + 1, UInt64.self), change: change))
            offset = end
        }
        return records
    }
}

extension DiskRecord.Change {
    /// Whether somebody was told something.
    var isPromise: Bool {
        switch self {
        case .output, .send: true
        default: false
        }
    }

    fileprivate init?(_ kind: UInt8, _ value: Int, _ bytes: Data) {
        let text = String(decoding: bytes, as: UTF8.self)
        let names = text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
        switch UnicodeScalar(kind) {
        case "C": self = .create(text)
        case "W": self = .write(at: value, bytes)
        case "T": self = .resize(value)
        case "S": self = .sync
        case "D": self = .syncFolder(text)
        case "U": self = .remove(text)
        case "M": self = .makeFolder(text)
        case "R" where names.count == 2: self = .rename(from: names[0], to: names[1])
        case "L" where names.count == 2: self = .link(from: names[0], to: names[1])
        case "O": self = .output(text)
        case "N": self = .send(text)
        default: return nil
        }
    }
}
